//! Programs that answer questions, and services on a Unix socket in their place: one line goes in, one line
//! comes out.
//!
//! Each question starts a program of its own. Invariant: when [`ask`] returns, the program has ended or is
//! being ended; it is killed if it takes too long.

use std::io;
use std::process::Stdio;
use std::sync::{Arc, OnceLock};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::engine::Script;

/// Maximum length of an answer.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// Limits the number of questions that a script is asked at the same time. The limit is that of the first
/// question.
#[derive(Clone, Debug, Default)]
pub(super) struct Limiter(Arc<OnceLock<Semaphore>>);

impl Limiter {
    /// Waits for its turn, sends a line to a script and returns the line that it answers.
    ///
    /// # Errors
    /// A description of the error of [`ask`].
    pub(super) async fn ask(&self, script: &Script, line: &str) -> Result<String, String> {
        let limit = match script.max_concurrency {
            0 => Semaphore::MAX_PERMITS,
            limit => limit.min(Semaphore::MAX_PERMITS),
        };
        let running = self.0.get_or_init(|| Semaphore::new(limit));
        let _permit = running.acquire().await.map_err(|error| error.to_string())?;
        ask(script, line).await.map_err(|error| error.to_string())
    }
}

/// Sends a line and returns the line that comes back, both without line ending.
///
/// # Errors
/// The script cannot be started or reached, writes no line or too much, fails, or takes too long.
async fn ask(script: &Script, line: &str) -> io::Result<String> {
    let question = format!("{line}\n");
    if !script.socket.is_empty() {
        let service = ask_service(&script.socket, &question);
        return timeout(script.timeout, service).await.unwrap_or_else(|_| Err(timed_out()));
    }
    let mut child = Command::new(&script.command)
        .args(&script.args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    match timeout(script.timeout, ask_process(&mut child, &question)).await {
        Ok(answer) => answer,
        Err(_) => {
            end(script, &mut child).await;
            Err(timed_out())
        }
    }
}

/// Asks a process to end, and kills it if it does not.
async fn end(script: &Script, child: &mut Child) {
    if let Some(pid) = child.id().and_then(|id| Pid::from_raw(id as i32)) {
        // An error means that it has already ended.
        let _ = kill_process(pid, Signal::TERM);
    }
    if timeout(script.kill_timeout, child.wait()).await.is_err() {
        let _ = child.kill().await;
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
    // A program may answer without reading the question.
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

fn timed_out() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "no answer in time")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn asked(command: &str, args: &[&str], socket: &str) -> Result<String, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        let script = Script {
            command: command.into(),
            args,
            socket: socket.into(),
            timeout: Duration::from_millis(700),
            kill_timeout: Duration::from_millis(200),
            max_concurrency: 0,
        };
        runtime.block_on(ask(&script, "hello")).map_err(|error| error.to_string())
    }

    fn shell(text: &str) -> Result<String, String> {
        asked("/bin/sh", &["-c", text], "")
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
        assert!(asked("/nonexistent/program", &[], "").is_err());
        assert!(asked("", &[], "/nonexistent/socket").is_err());
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
        assert_eq!(asked("", &[], path.to_str().unwrap()), Ok("fine".into()));
        assert_eq!(&service.join().unwrap(), b"hello\n");
    }
}
