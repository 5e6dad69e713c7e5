//! The service's entry point.

#[cfg(target_os = "wasi")]
fn main() {
    edgeward_fastly::host::run();
}

#[cfg(not(target_os = "wasi"))]
fn main() -> std::process::ExitCode {
    eprintln!("this is a Fastly Compute service: build it for wasm32-wasip1 (see README.md)");
    std::process::ExitCode::FAILURE
}
