//! Browsers and systems as woothee names them, over woothee's own test set.

use crate::edgeward;

/// What it calls a browser, in our words. A WebView is none, and what it does not know is no opinion.
fn browser(name: &str) -> Option<&str> {
    match name {
        "UNKNOWN" | "Webview" => None,
        "SamsungBrowser" => Some("Samsung Internet"),
        name => Some(name),
    }
}

/// The major of a version it tells.
fn major(version: &str) -> Option<u64> {
    version.split('.').next()?.parse().ok()
}

/// What it calls a system, in the words of Conditional Access.
fn platform(os: &str) -> &'static str {
    match os {
        "Windows Phone OS" => "windowsPhone",
        "Android" => "android",
        "iPhone" | "iPad" | "iPod" | "iOS" => "iOS",
        "Mac OSX" | "Mac OS Classic" => "macOS",
        "Linux" => "linux",
        os if os.starts_with("Windows") => "windows",
        _ => "other",
    }
}

#[test]
fn browsers_and_systems_are_named_as_woothee_names_them() {
    let set: toml::Table = toml::from_str(include_str!("woothee.toml")).unwrap();
    let agents = set["agents"].as_array().unwrap().iter().map(|agent| agent.as_str().unwrap());
    let input: String = agents.map(|agent| format!("{agent}\n")).collect();
    let (mut named, mut same_name, mut same_system, mut all) = (0, 0, 0, 0);
    let (mut numbered, mut same_major) = (0, 0);
    for (line, agent) in edgeward(&["classify", "--explain"], &input).json().iter().zip(input.lines()) {
        let said = &line["secondOpinion"];
        let [name, os] = ["name", "os"].map(|member| said[member].as_str().unwrap_or("UNKNOWN"));
        all += 1;
        if platform(os) == line["platform"].as_str().unwrap_or("other") {
            same_system += 1;
        } else {
            println!("system {os}, not {}: {agent}", line["platform"]);
        }
        let Some(name) = browser(name) else { continue };
        named += 1;
        let ours = line["browser"]["name"].as_str().unwrap_or("none");
        if ours == name || ours == "Opera Mini" && name == "Opera" {
            same_name += 1;
            // Of a browser that both name alike; what is no number is no opinion.
            let version = said["version"].as_str().unwrap_or_default();
            let Some(major) = major(version) else { continue };
            numbered += 1;
            if line["browser"]["major"] == major {
                same_major += 1;
            } else {
                println!("major {major} of {name}, not {}: {agent}", line["browser"]["major"]);
            }
        } else {
            println!("browser {name}, not {ours}: {agent}");
        }
    }
    println!(
        "systems: {same_system} of {all}; browsers: {same_name} of {named}; majors: {same_major} of {numbered}"
    );
    // What remains is ours by choice: Sleipnir and Classilla by their own names, FreeBSD beside Linux, Windows CE with
    // the phones, no system in Darwin alone; and rarities of before 2012.
    assert!(same_system * 100 >= all * 88, "{same_system} of {all} systems");
    assert!(same_name * 100 >= named * 92, "{same_name} of {named} browsers");
    // Opera Mini by its own number, which is not that of its server, and Windows CE's browser by its.
    assert!(same_major * 100 >= numbered * 95, "{same_major} of {numbered} majors");
}
