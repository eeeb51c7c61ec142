//! All blocks of a Rust program as those of a side, and what Custody knows of one.

use custody::{describe, Allocator};

#[global_allocator]
static ALLOCATOR: Allocator = Allocator::new(c"example");

fn main() -> custody::Result<()> {
    let names: Vec<_> = ["Ada", "Grace"].map(String::from).into();
    println!("Custody {}: {} names", custody::version(), names.len());
    if let Some(block) = describe(names.as_ptr())?.block {
        println!("their block has {} bytes and belongs to {}", block.size, block.side);
        assert_eq!(block.side, ALLOCATOR.side().name());
    }
    Ok(())
}
