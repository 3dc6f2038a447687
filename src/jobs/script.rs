//! Programs that are asked for each question, and services on a Unix socket in their place: one line goes
//! in, one line comes out.
//!
//! Invariant: when [`Script::ask`] is over, however it ends, its process is gone or about to be: killed
//! when it does not end in time.

use std::io;
use std::process::Stdio;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The longest answer that is read.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// A script, and its timeouts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Script<'a> {
    /// The program; empty where there is a socket.
    pub(super) command: &'a str,
    pub(super) args: &'a [String],
    /// The Unix socket of a service; empty where there is a program.
    pub(super) socket: &'a str,
    /// Until it is asked to end.
    pub(super) timeout: Duration,
    /// Then until it is killed.
    pub(super) kill_timeout: Duration,
}

/// Asks a script a bounded number of times at once; the bound is that of the first question.
#[derive(Clone, Debug, Default)]
pub(super) struct Turnstile(Arc<OnceLock<Semaphore>>);

impl Turnstile {
    /// [`Script::ask`], in its turn; `at_once` 0 is no bound.
    ///
    /// # Errors
    /// In words, as there.
    pub(super) async fn ask(&self, at_once: usize, script: Script<'_>, line: &str) -> Result<String, String> {
        let most = match at_once {
            0 => Semaphore::MAX_PERMITS,
            most => most.min(Semaphore::MAX_PERMITS),
        };
        let running = self.0.get_or_init(|| Semaphore::new(most));
        let _permit = running.acquire().await.map_err(|error| error.to_string())?;
        script.ask(line).await.map_err(|error| error.to_string())
    }
}

impl Script<'_> {
    /// Sends a line and gives the line that comes back, both without line ending.
    ///
    /// # Errors
    /// When it cannot be asked, says nothing or too much, fails, or takes too long.
    pub(super) async fn ask(&self, line: &str) -> io::Result<String> {
        let question = format!("{line}\n");
        if !self.socket.is_empty() {
            let service = ask_service(self.socket, &question);
            return timeout(self.timeout, service).await.unwrap_or_else(|_| Err(late()));
        }
        let mut child = Command::new(self.command)
            .args(self.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        match timeout(self.timeout, ask_process(&mut child, &question)).await {
            Ok(answer) => answer,
            Err(_) => {
                self.end(&mut child).await;
                Err(late())
            }
        }
    }

    /// Asks a process to end, and sees to it that it does.
    async fn end(&self, child: &mut Child) {
        if let Some(pid) = child.id().and_then(|id| Pid::from_raw(id as i32)) {
            // An error means that it has ended by itself.
            let _ = kill_process(pid, Signal::TERM);
        }
        if timeout(self.kill_timeout, child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
    }
}

async fn ask_service(socket: &str, question: &str) -> io::Result<String> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(question.as_bytes()).await?;
    read_line(stream).await
}

async fn ask_process(child: &mut Child, question: &str) -> io::Result<String> {
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let (Some(mut stdin), Some(stdout)) = (stdin, stdout) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    // A program that answers without reading is none the worse for it.
    let _ = stdin.write_all(question.as_bytes()).await;
    drop(stdin);
    let answer = read_line(stdout).await?;
    let status = child.wait().await?;
    if status.success() { Ok(answer) } else { Err(io::Error::other(format!("it ended with {status}"))) }
}

async fn read_line<S: AsyncRead + Unpin>(stream: S) -> io::Result<String> {
    let mut line = Vec::new();
    BufReader::new(stream).take(ANSWER_BYTES_MAX).read_until(b'\n', &mut line).await?;
    if line.pop() != Some(b'\n') {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no line came back"));
    }
    String::from_utf8(line).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "no answer in time")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn ask(command: &str, args: &[&str], socket: &str) -> Result<String, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        let script = Script {
            command,
            args: &args,
            socket,
            timeout: Duration::from_millis(700),
            kill_timeout: Duration::from_millis(200),
        };
        runtime.block_on(script.ask("hello")).map_err(|error| error.to_string())
    }

    fn shell(text: &str) -> Result<String, String> {
        ask("/bin/sh", &["-c", text], "")
    }

    #[test]
    fn a_line_comes_back() {
        assert_eq!(shell("read x; echo \"got $x\""), Ok("got hello".into()));
        assert_eq!(shell("echo unread"), Ok("unread".into()));
    }

    #[test]
    fn a_failing_script_has_no_answer() {
        assert!(shell("echo x; exit 3").unwrap_err().contains("exit status: 3"));
        assert_eq!(shell("printf x"), Err("no line came back".into()));
        assert!(shell("printf '\\377\\n'").is_err());
        assert!(ask("/nonexistent/program", &[], "").is_err());
        assert!(ask("", &[], "/nonexistent/socket").is_err());
    }

    #[test]
    fn a_hanging_script_is_terminated_and_then_killed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pid");
        let begun = Instant::now();
        let stubborn = format!("trap '' TERM; echo $$ > {}; while :; do sleep 0.05; done", path.display());
        assert_eq!(shell(&stubborn), Err("no answer in time".into()));
        assert!(begun.elapsed() < Duration::from_secs(5));
        let pid: i32 = std::fs::read_to_string(path).unwrap().trim().parse().unwrap();
        let gone = rustix::process::test_kill_process(Pid::from_raw(pid).unwrap());
        assert!(gone.is_err(), "the process is still there");
    }

    #[test]
    fn a_flooding_script_is_cut_off() {
        assert_eq!(shell("tr '\\0' x < /dev/zero"), Err("no line came back".into()));
        assert!(shell("while :; do echo x; done").is_err());
    }

    #[test]
    fn a_service_answers_on_its_socket() {
        use std::io::{Read, Write};
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("service");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let service = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut question = [0; 6];
            stream.read_exact(&mut question).unwrap();
            stream.write_all(b"fine\n").unwrap();
            question
        });
        assert_eq!(ask("", &[], path.to_str().unwrap()), Ok("fine".into()));
        assert_eq!(&service.join().unwrap(), b"hello\n");
    }
}
