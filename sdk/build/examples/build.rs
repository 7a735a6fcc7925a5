//! Builds one connector: `cargo run -p offtake-build --example build -- DIR [TARGET_DIR]`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use offtake_build::BuildOptions;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(dir) = arguments.next() else { return ExitCode::FAILURE };
    let options = BuildOptions { target_dir: arguments.next().map(Into::into), ..BuildOptions::default() };
    let mut stderr = std::io::stderr();
    let mut stdout = std::io::stdout();
    let built = offtake_build::build(Path::new(&dir), &options, &mut |line| {
        // A progress line that cannot be written is not worth a build.
        writeln!(stderr, "{line}").unwrap_or_default();
    });
    let said = match &built {
        Ok(built) => writeln!(
            stdout,
            "{}\n{} bytes, sha256 {}\n{}",
            built.path.display(),
            built.size_bytes,
            built.sha256,
            built.toolchain
        ),
        Err(error) => writeln!(stdout, "{} {error}\nhelp: {}", error.code(), error.help()),
    };
    if said.is_ok() && built.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
