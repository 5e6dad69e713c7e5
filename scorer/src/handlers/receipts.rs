//! `POST /v1/receipts`

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use edgeward::receipt::Receipt;
use serde::{Deserialize, Serialize};

use crate::auth::Edge;
use crate::body::JsonBody;
use crate::learn::{count_contributions, find_sprays, hold_to_promise, learn};
use crate::limits;
use crate::problem::Problem;
use crate::scorer::{Scorer, writing};

/// A batch, oldest first.
#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    receipts: Vec<Receipt<'a>>,
}

/// What became of a batch.
#[derive(Debug, Serialize)]
pub struct Accepted {
    accepted: usize,
    duplicates: usize,
}

pub async fn post(
    _: Edge,
    State(scorer): State<Arc<Scorer>>,
    body: JsonBody,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    writing(scorer, move |scorer| {
        let batch: Batch<'_> = body.parse()?;
        check(&batch.receipts)?;
        Ok((StatusCode::ACCEPTED, Json(take(scorer, &batch.receipts)?)))
    })
    .await
}

/// Refuses a schema this version does not read.
pub(super) fn check_schema(path: &str, schema: u32) -> Result<(), Problem> {
    if schema == 1 {
        return Ok(());
    }
    Err(Problem::value(path, format!("schema {schema} is not known; 1 is")))
}

/// A batch is taken whole or refused whole: an edge can not tell which half to send again.
fn check(receipts: &[Receipt<'_>]) -> Result<(), Problem> {
    limits::count("receipts", receipts.len(), limits::BATCH)?;
    for (index, receipt) in receipts.iter().enumerate() {
        let at = format!("receipts[{index}]");
        check_schema(&format!("{at}.schema"), receipt.schema)?;
        limits::subject(&format!("{at}.about"), &receipt.about)?;
        if let Some(id) = &receipt.sign_in_principal {
            limits::id(&format!("{at}.signInPrincipal"), id)?;
        }
        if let Some(cookie) = &receipt.cookie {
            limits::id(&format!("{at}.cookie.line"), &cookie.line)?;
            limits::id(&format!("{at}.cookie.stamp"), &cookie.stamp)?;
        }
        limits::id(&format!("{at}.versions.model"), &receipt.versions.model)?;
        if !receipt.is_intact() {
            return Err(Problem::value(format!("{at}.digest"), "not the digest of this receipt"));
        }
    }
    Ok(())
}

fn take(scorer: &Scorer, receipts: &[Receipt<'_>]) -> Result<Accepted, Problem> {
    let now = scorer.now();
    let mut writer = scorer.store.write()?;
    let mut accepted = Accepted { accepted: 0, duplicates: 0 };
    let mut addresses = BTreeSet::new();
    let mut fresh = Vec::with_capacity(receipts.len());
    for receipt in receipts {
        if !writer.note_receipt(receipt.digest.as_deref().unwrap_or_default(), now)? {
            accepted.duplicates += 1;
            continue;
        }
        accepted.accepted += 1;
        learn(&mut *writer, &scorer.model, receipt, now)?;
        fresh.push(receipt);
        if receipt.sign_in_succeeded.is_some() {
            addresses.extend(receipt.about.address.as_deref());
        }
    }
    find_sprays(&mut *writer, &scorer.model, &addresses, now)?;
    count_contributions(&mut *writer, &fresh, now)?;
    hold_to_promise(&mut *writer, &scorer.model, now)?;
    if scorer.is_prune_due(now) {
        writer.prune(now, now.saturating_sub(scorer.model.password_spray.window()))?;
    }
    writer.commit()?;
    Ok(accepted)
}
