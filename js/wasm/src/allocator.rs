//! What gives out the module's memory. The standard library's allocator is three times the code, all of which a fresh process
//! compiles before its first decision; decisions allocate little, and bundles of one size over and over.

use rlsf::{GlobalTlsf, GlobalTlsfOptions};

struct Options;

impl GlobalTlsfOptions for Options {
    /// Growing in place is for those who collect without knowing how much.
    const ENABLE_REALLOCATION: bool = false;
    /// Pages that lie side by side are one pool: without, a bundle larger than the last would leave that one's room idle.
    const COALESCE_POOLS: bool = true;
}

#[global_allocator]
static ALLOCATOR: GlobalTlsf<Options> = GlobalTlsf::new();
