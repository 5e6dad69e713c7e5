//! Sizes the module's stack: a megabyte by default, all of it memory of every instance.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A quarter of it is enough for everything that the tests do: nothing recurses by the input's choice, and JSON that is
    // not read is skipped without. An overflow is a trap, never a wrong answer: the stack lies below all data.
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=131072");
    }
}
