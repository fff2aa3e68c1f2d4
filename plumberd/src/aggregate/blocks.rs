//! Handlers that stand in several blocks of one type.

use super::Row;

/// The further block number `N` of an aggregate: what `#[aggregate(block = N)]`
/// implements.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no block of handlers with the number {N}",
    label = "no `#[aggregate(block = {N})]`",
    note = "the first block counts all, itself too: `#[aggregate(blocks = 2)]`; each further one \
            says which it is: `#[aggregate(block = 2)]`"
)]
pub trait HandlerBlock<const N: u32>: Sized + 'static {
    const ROWS: &'static [Row<Self>];
}

/// An aggregate whose first block says how many there are.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "no block of `{Self}` counts its blocks of handlers",
    label = "not counted",
    note = "write `#[aggregate(blocks = 2)]` on the first block, with the number of all"
)]
pub trait CountsBlocks {
    const BLOCKS: u32;
}

/// What the first block of a type implements, or its only one: of two of them the
/// compiler says nothing but that they conflict in this trait, so its name is what to do.
#[doc(hidden)]
#[expect(non_camel_case_types, reason = "it is read as a message")]
pub trait of_two_aggregate_blocks_the_first_says_blocks_equals_2_and_the_second_block_equals_2 {}

/// Fails to compile when a block is not counted by the first one: its handlers would
/// be in no table.
#[doc(hidden)]
pub const fn assert_counted(blocks: u32, number: u32) {
    assert!(
        number <= blocks,
        "the first block does not count this one; raise its `blocks` to the number of all"
    );
}

/// How many handlers all blocks have.
#[doc(hidden)]
pub const fn count_rows<A>(blocks: &[&[Row<A>]]) -> usize {
    let mut count = 0;
    let mut block = 0;
    while block < blocks.len() {
        count += blocks[block].len();
        block += 1;
    }
    count
}

/// The handlers of all blocks.
#[doc(hidden)]
pub const fn join_rows<A, const COUNT: usize>(blocks: &[&[Row<A>]]) -> [Row<A>; COUNT] {
    let mut block = 0;
    while block < blocks.len() && blocks[block].is_empty() {
        block += 1;
    }
    assert!(
        block < blocks.len(),
        "an aggregate has at least one `#[event_sourcing_handler]`: without one it never changes"
    );
    let mut rows = [blocks[block][0]; COUNT];
    let mut next = 0;
    while block < blocks.len() {
        let mut row = 0;
        while row < blocks[block].len() {
            rows[next] = blocks[block][row];
            next += 1;
            row += 1;
        }
        block += 1;
    }
    rows
}
