//! The scorer as a process: settings, log, signals.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, ValueEnum};
use edgeward::bundle::PublicKey;
use edgeward::identifier::Identifiers;
use edgeward_scorer::{BundleFile, Scorer, Sqlite, Store, Tokens, import, serve, system_clock};
use tokio::net::TcpListener;

/// The central scorer of Edgeward: answers what edges can not know, and learns from how requests turned out.
#[derive(Parser)]
#[command(version)]
struct Settings {
    /// Address to listen on; port 0 takes a free one, and the log says which.
    #[arg(long, env = "EDGEWARD_SCORER_LISTEN", default_value = "127.0.0.1:8790")]
    listen: SocketAddr,
    /// SQLite file; created if there is none.
    #[arg(long, env = "EDGEWARD_SCORER_DATABASE", default_value = "edgeward-scorer.db", value_name = "FILE")]
    database: PathBuf,
    /// Bearer token of an edge, 16 to 512 visible characters; repeat it for more edges. Separated by commas in
    /// the environment.
    #[arg(
        long,
        env = "EDGEWARD_SCORER_TOKEN",
        hide_env_values = true,
        required = true,
        value_delimiter = ','
    )]
    token: Vec<String>,
    /// Token of who may revoke, tell what identities are, decide of their risk and end the audit's alarm; repeat it for more.
    /// Separated by commas in the environment. Without one, the edges' tokens may.
    #[arg(
        long,
        env = "EDGEWARD_SCORER_OPERATOR_TOKEN",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "TOKEN"
    )]
    operator_token: Vec<String>,
    /// Bundle to serve; read again whenever it changes.
    #[arg(long, env = "EDGEWARD_SCORER_BUNDLE", requires = "signature", value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Signature of the bundle: {"keyId","algorithm","signature"}.
    #[arg(long, env = "EDGEWARD_SCORER_SIGNATURE", requires = "bundle", value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Key that must have signed the bundle, {"id","key"}; repeat it while keys change. Without one, edges alone
    /// check the signature.
    #[arg(
        long,
        env = "EDGEWARD_SCORER_PUBLIC_KEY",
        requires = "bundle",
        value_delimiter = ',',
        value_name = "FILE"
    )]
    public_key: Vec<PathBuf>,
    /// Identities to import at start: {"identities":{"<id>":{"kind","groups",…}}}.
    #[arg(long, env = "EDGEWARD_SCORER_DIRECTORY", value_name = "FILE")]
    directory: Option<PathBuf>,
    /// Key the edges hash identifiers with, in hexadecimal; the ids in the directory file are hashed with it.
    #[arg(
        long,
        env = "EDGEWARD_SCORER_IDENTIFIER_KEY",
        hide_env_values = true,
        requires = "directory",
        value_name = "HEX"
    )]
    identifier_key: Option<String>,
    /// Largest share of any kind of attack that the model of the edges may let through: what it was calibrated for with
    /// `edgeward calibrate --alpha`. 0.01 if not given.
    #[arg(long, env = "EDGEWARD_SCORER_AUDIT_ALPHA", value_parser = share, value_name = "SHARE")]
    audit_alpha: Option<f64>,
    /// Share of attacks among requests here; where it is higher than said, the audit takes it for a broken promise. 0.01 if not
    /// given.
    #[arg(long, env = "EDGEWARD_SCORER_AUDIT_PREVALENCE", value_parser = share, value_name = "SHARE")]
    audit_prevalence: Option<f64>,
    /// How much to log, to standard error.
    #[arg(long, env = "EDGEWARD_SCORER_LOG", value_enum, default_value_t = LogLevel::Info)]
    log: LogLevel,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

fn main() -> ExitCode {
    let settings = Settings::parse();
    let level = match settings.log {
        LogLevel::Error => tracing::Level::ERROR,
        LogLevel::Warn => tracing::Level::WARN,
        LogLevel::Info => tracing::Level::INFO,
        LogLevel::Debug => tracing::Level::DEBUG,
    };
    tracing_subscriber::fmt().with_max_level(level).with_target(false).with_writer(std::io::stderr).init();
    match run(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            tracing::error!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(settings: Settings) -> Result<(), String> {
    let tokens = Tokens::new(&settings.token, &settings.operator_token)?;
    let identifiers = match &settings.identifier_key {
        Some(key) => Identifiers::keyed(key).map_err(|error| error.to_string())?,
        None => Identifiers::plain(),
    };
    let keys = settings.public_key.iter().map(read_key).collect::<Result<_, _>>()?;
    // Units of work wait for one connection: more threads than this would only wait.
    let runtime = tokio::runtime::Builder::new_multi_thread().max_blocking_threads(16).enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    // Before the database: a second scorer that was started by mistake must not migrate what the first one uses.
    let listener = runtime
        .block_on(TcpListener::bind(settings.listen))
        .map_err(|error| format!("can not listen on {}: {error}", settings.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;

    let database = settings.database.display();
    let store = Sqlite::open(&settings.database).map_err(|error| format!("{database}: {error}"))?;
    if let Some(directory) = &settings.directory {
        let identities = import(directory, &identifiers, &store)?;
        tracing::info!(identities, "imported the directory");
    }
    let bundle = settings.bundle.zip(settings.signature).map(|(bundle, signature)| {
        let file = BundleFile::new(bundle, signature, keys);
        // Said at start rather than at the first request.
        file.current();
        file
    });
    let store: Box<dyn Store> = Box::new(store);
    let scorer = Scorer::new(store, tokens, bundle, system_clock()).map_err(|error| error.to_string())?;
    let scorer = scorer.auditing(settings.audit_alpha, settings.audit_prevalence);
    runtime.block_on(async {
        let stop = stop_signal()?;
        tracing::info!("listening on http://{address}");
        serve(listener, Arc::new(scorer), stop).await;
        tracing::info!("stopped");
        Ok(())
    })
}

/// A share between none and all, told before anything is done.
fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| "must be a share between 0 and 1, like 0.01".to_owned())
}

fn read_key(path: &PathBuf) -> Result<PublicKey, String> {
    let at = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let bytes = std::fs::read(path).map_err(|error| at(&error))?;
    serde_json::from_slice(&bytes).map_err(|error| at(&error))
}

/// Ready at the first SIGINT or SIGTERM.
#[cfg(unix)]
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, String> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ready at the first Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, String> {
    Ok(async {
        // Without a handler there is nothing to wait for: the process is then stopped from outside.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
