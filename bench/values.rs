//! Workloads of Rust. An operation is a pair: a value made on the heap, and dropped. Usage as in workload.h, one thread.

use std::env;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

/// `struct timespec` and a clock of Linux on 64-bit machines (clock_gettime(2)).
#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

const CLOCK_THREAD_CPUTIME_ID: i32 = 3;

extern "C" {
    fn clock_gettime(clock: i32, out_time: *mut Timespec) -> i32;
}

/// Processor time that the calling thread has used.
fn processor_time() -> Duration {
    let mut time = Timespec {
        seconds: 0,
        nanoseconds: 0,
    };
    // SAFETY: `time` is a valid timespec for the whole call.
    unsafe { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.seconds as u64, time.nanoseconds as u32)
}

fn boxed(operations: u64) {
    for i in 0..operations {
        drop(black_box(Box::new([i; 6])));
    }
}

fn vector(operations: u64) {
    for i in 0..operations {
        drop(black_box(Vec::<u8>::with_capacity(8 + (i % 500) as usize)));
    }
}

/// Runs the workload under frames of its own.
#[inline(never)]
fn descend(workload: fn(u64), operations: u64, depth: u32) {
    if depth == 0 {
        workload(operations);
    } else {
        descend(workload, operations, depth - 1);
    }
    black_box(depth);
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    let workload = match arguments.get(1).map(String::as_str) {
        Some("box") => boxed,
        Some("vec") => vector,
        _ => return usage(),
    };
    let Some(operations) = arguments
        .get(3)
        .and_then(|word| word.parse::<u64>().ok())
        .filter(|&n| n > 0)
    else {
        return usage();
    };
    let start = processor_time();
    descend(workload, operations, 20);
    let taken = processor_time() - start;
    println!("{:.3}", taken.as_nanos() as f64 / operations as f64);
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("usage: values box|vec 1 OPERATIONS");
    ExitCode::from(2)
}
