// One irc-framework client in a page. It reports events to the test with POST /report, and requests its next order
// with GET /next, which the test answers when it has one.
"use strict";

const { Client } = window["irc-framework"];
const settings = Object.fromEntries(new URLSearchParams(location.search));
const channels = settings.channels.split(",").filter(Boolean);

let reports = [];
let sending = null;
function report(kind, what = {}) {
    reports.push({ kind, ...what });
    sending ??= send();
}

async function send() {
    while (reports.length) {
        const body = JSON.stringify({ id: settings.id, reports });
        reports = [];
        await fetch("/report", { method: "POST", body });
    }
    sending = null;
}

window.addEventListener("error", (event) => report("script error", { text: event.message }));
window.addEventListener("unhandledrejection", (event) => report("script error", { text: String(event.reason) }));

// Reports the negotiated subprotocol and the type of each frame, whichever transport opened the socket.
window.WebSocket = class extends WebSocket {
    constructor(url, protocol) {
        super(url, protocol);
        this.addEventListener("open", () => report("open", { protocol: this.protocol }));
        this.addEventListener("message", (event) => {
            const size = typeof event.data === "string" ? event.data.length : event.data.byteLength;
            report("frame", { text: typeof event.data === "string", size });
        });
        this.addEventListener("close", (event) => report("close", { code: event.code, reason: event.reason }));
    }
};

// irc-framework's own WebSocket transport closes at the first binary frame, so a page that asks for binary.ircv3.net
// has another one, through the `transport` option.
class BinaryTransport extends Object.getPrototypeOf(Client) {
    constructor(options) {
        super();
        this.options = options;
        this.socket = null;
    }
    connect() {
        const { host, port, path, websocket_protocol } = this.options;
        const decoder = new TextDecoder("utf-8", { fatal: true });
        const socket = new WebSocket(`wss://${host}:${port}${path || ""}`, websocket_protocol);
        socket.binaryType = "arraybuffer";
        socket.onopen = () => this.emit("open");
        socket.onmessage = (event) => this.emit("line", decoder.decode(event.data));
        socket.onclose = () => this.emit("close", false);
        this.socket = socket;
    }
    isConnected() {
        return this.socket !== null && this.socket.readyState === WebSocket.OPEN;
    }
    writeLine(line, done) {
        this.socket.send(new TextEncoder().encode(line));
        if (done) {
            setTimeout(done, 0);
        }
    }
    close() {
        this.socket.close();
    }
    disposeSocket() {
        if (this.socket) {
            this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
            this.socket.close();
            this.socket = null;
        }
    }
    setEncoding() {}
}

const client = new Client({
    host: settings.host,
    port: Number(settings.port),
    tls: true,
    nick: settings.nick,
    username: settings.nick,
    gecos: "irc-framework",
    websocket_protocol: settings.protocol,
    ...(settings.password ? { account: { account: settings.nick, password: settings.password } } : {}),
    ...(settings.protocol === "binary.ircv3.net" ? { transport: BinaryTransport } : {}),
});
client.on("registered", () => channels.forEach((channel) => client.join(channel)));
client.on("loggedin", (event) => report("logged in", { account: event.account }));
client.on("userlist", (event) => {
    report("userlist", { channel: event.channel, nicks: event.users.map((user) => user.nick) });
    readOn(event.channel);
});
client.on("message", (event) => {
    const history = event.batch?.type === "chathistory";
    const line = { nick: event.nick, target: event.target, text: event.message, tags: event.tags, history };
    report("message", line);
    remember(line);
});
client.on("unknown command", ({ command, params }) => {
    report("command", { command, params });
    if (command === "MARKREAD" && params[1] !== "*") {
        markers.set(params[0], params[1]);
    }
});
client.on("batch end chathistory", (event) => report("backlog", { target: event.params[0], lines: event.commands.length }));
client.on("irc error", (event) => report("irc error", { text: JSON.stringify(event) }));

// Requests history as web clients do: on joining, the messages after the read marker, or the latest ones; on scrolling up,
// those before the oldest one shown.
const pageLines = Number(settings.history);
const markers = new Map();
const oldest = new Map();
const newest = new Map();
const readOnIn = new Set();
if (pageLines) {
    client.requestCap(["draft/chathistory", "draft/read-marker"]);
}

function readOn(channel) {
    if (!pageLines || readOnIn.has(channel)) {
        return;
    }
    readOnIn.add(channel);
    const marker = markers.get(channel);
    client.raw(marker ? `CHATHISTORY AFTER ${channel} ${marker} ${pageLines}` : `CHATHISTORY LATEST ${channel} * ${pageLines}`);
}

function remember({ target, tags }) {
    if (!(oldest.get(target)?.time <= tags.time)) {
        oldest.set(target, tags);
    }
    if (!(newest.get(target)?.time >= tags.time)) {
        newest.set(target, tags);
    }
}

async function obey() {
    for (;;) {
        const order = await (await fetch(`/next?id=${settings.id}`)).json();
        if (order.say) {
            client.say(order.target, order.say);
        } else if (order.raw) {
            client.raw(order.raw);
        } else if (order.scroll) {
            client.raw(`CHATHISTORY BEFORE ${order.scroll} msgid=${oldest.get(order.scroll).msgid} ${pageLines}`);
        } else if (order.read) {
            client.raw(`MARKREAD ${order.read} timestamp=${newest.get(order.read).time}`);
        } else if (order.connect) {
            client.connect();
        } else if (order.reload) {
            await sending;
            location.reload();
            return;
        } else if (order.quit) {
            client.quit(order.quit);
        } else if (order.end) {
            return;
        }
    }
}

if (!settings.waits) {
    client.connect();
}
obey();
