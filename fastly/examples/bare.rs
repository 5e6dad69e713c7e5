//! The same service without Edgeward: what `bench/bench.mjs` compares with. `/refused` is answered here, everything
//! else goes to the origin.

#[cfg(target_os = "wasi")]
fn main() -> Result<(), fastly::Error> {
    use fastly::http::request::Request;
    use fastly::http::serve::Serve;
    use fastly::{ConfigStore, Response};

    let settings = ConfigStore::open("edgeward").get("settings").unwrap_or_default();
    let settings: serde_json::Value = serde_json::from_str(&settings)?;
    let requests = settings.get("requestsPerInstance").and_then(serde_json::Value::as_u64);
    let requests = requests.and_then(|requests| usize::try_from(requests).ok()).unwrap_or(1);
    let answer = |incoming: Request| {
        if incoming.get_path() == "/refused" {
            return Ok(Response::from_status(403).with_body("refused"));
        }
        incoming.with_pass(true).send("origin")
    };
    Ok(Serve::new().with_max_requests(requests).run(answer).into_result()?)
}

#[cfg(not(target_os = "wasi"))]
fn main() {}
