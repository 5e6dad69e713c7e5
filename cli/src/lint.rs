//! `edgeward lint`: what is wrong, or doubtful, in policies.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use edgeward::bundle::Bundle;
use edgeward::policy::{Directory, Issue, Severity, Written};
use serde::Serialize;

use crate::Done;
use crate::documents::{Collection, Kind};
use crate::failure::{Failure, Status, report};
use crate::input::Document;
use crate::output::Output;

/// Find what is wrong or doubtful in policies
///
/// Policies and locations are Graph JSON as it is exported: arrays, `{"value":[…]}`, single objects; UTF-8 or UTF-16.
/// Each finding is one line: file, path, code, severity, policy, message, and what to do about it.
///
/// With a directory, ids of users, groups, roles, service principals and applications that it does not have are found
/// too: of the kinds that it holds, and built-in roles always exist. A directory is what Graph answers to `GET /users`,
/// `/groups`, `/directoryRoles` or `/servicePrincipals` (which lists applications as well), all pages of it.
#[derive(Args)]
#[command(
    group = ArgGroup::new("source").args(["bundle", "policies"]).required(true),
    after_help = "Exit status: 0 nothing found, 1 warnings, 2 errors: the policies can not be enforced.\n\n\
    Examples:\n  \
    edgeward lint --bundle bundle.json\n  \
    edgeward lint --policies export/*.json --locations locations.json\n  \
    edgeward lint --bundle bundle.json --directory users.json groups.json"
)]
pub struct Arguments {
    /// Bundle to check: its source, for what is compiled does not tell what policies say
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Policies to check
    #[arg(long, value_name = "FILE", num_args = 1..)]
    policies: Vec<PathBuf>,
    /// Named locations the policies refer to; those in a combined export are taken without it
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "policies", conflicts_with = "bundle")]
    locations: Vec<PathBuf>,
    /// What exists in the tenant: Graph exports of users, groups, roles, service principals
    #[arg(long, value_name = "FILE", num_args = 1..)]
    directory: Vec<PathBuf>,
}

/// An issue and the file it is in.
#[derive(Serialize)]
pub struct Finding {
    /// Where it is.
    pub file: Option<String>,
    /// What it is.
    #[serde(flatten)]
    pub issue: Issue,
}

impl Finding {
    /// Says it on standard error.
    pub fn report(&self) {
        let Issue { path, message, fix, .. } = &self.issue;
        let fix = fix.as_ref().map(|fix| format!("; {fix}")).unwrap_or_default();
        let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
        report(self.file.as_deref().unwrap_or("policies"), format_args!("{path}{message}{fix}"));
    }
}

/// Policies and the named locations they refer to.
pub struct Sources {
    /// Policies.
    pub policies: Collection,
    /// Named locations.
    pub locations: Collection,
}

impl Sources {
    /// Reads both from their files, and the locations of combined exports among the policies.
    pub fn read(policies: &[PathBuf], locations: &[PathBuf]) -> Result<Self, Failure> {
        let (policies, locations) = (read(policies)?, read(locations)?);
        Ok(Self {
            policies: Collection::of(Kind::Policies, &policies, &[])?,
            locations: Collection::of(Kind::NamedLocations, &locations, &policies)?,
        })
    }

    /// What is wrong or doubtful, by a directory too if there is one.
    pub fn findings(&self, directory: Option<&Directory>) -> Vec<Finding> {
        let parsed = Written::parse(&self.policies.to_json(), &self.locations.to_json(), directory);
        let issues = parsed.map_or_else(|issues| issues, |(_, warnings)| warnings);
        issues.into_iter().map(|issue| self.locate(issue)).collect()
    }

    fn locate(&self, mut issue: Issue) -> Finding {
        let file = self.policies.locate(&mut issue).or_else(|| self.locations.locate(&mut issue));
        Finding { file: file.map(str::to_owned), issue }
    }
}

/// The status a list of findings ends with.
pub fn status(findings: &[Finding]) -> Status {
    let worst = |finding: &Finding| match finding.issue.severity {
        Severity::Error => Status::BadInput,
        Severity::Warning => Status::Findings,
    };
    findings.iter().map(worst).max().unwrap_or_default()
}

fn read(files: &[PathBuf]) -> Result<Vec<Document>, Failure> {
    files.iter().map(|file| Document::read(Some(file))).collect()
}

fn read_directory(files: &[PathBuf]) -> Result<Option<Directory>, Failure> {
    if files.is_empty() {
        return Ok(None);
    }
    let (names, texts): (Vec<String>, Vec<String>) =
        read(files)?.into_iter().map(|document| (document.name, document.text)).unzip();
    let directory = Directory::read(&texts)
        .map_err(|why| Failure::document(names.get(why.document).map_or("", String::as_str), 1, why))?;
    Ok(Some(directory))
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Done {
    let directory = read_directory(&arguments.directory)?;
    let directory = directory.as_ref();
    let findings = match &arguments.bundle {
        Some(file) => {
            let Document { name, text } = Document::exact(file)?;
            let issues =
                Bundle::lint(text.as_bytes(), directory).map_err(|why| Failure::refused(&name, &why))?;
            issues.into_iter().map(|issue| Finding { file: Some(name.clone()), issue }).collect()
        }
        None => Sources::read(&arguments.policies, &arguments.locations)?.findings(directory),
    };
    let mut output = Output::new();
    for finding in &findings {
        output.line(finding)?;
    }
    output.flush()?;
    Ok(status(&findings))
}
