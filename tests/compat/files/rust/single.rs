//! One file: dynamic calls, strings, reference cycles broken by hand, a panic that is caught.
use std::{cell::RefCell, collections::BTreeMap, panic, rc::{Rc, Weak}};

trait Shape { fn area(&self) -> f64; fn grown(&self) -> Box<dyn Shape>; }
struct Square(f64);
impl Shape for Square {
    fn area(&self) -> f64 { self.0 * self.0 }
    fn grown(&self) -> Box<dyn Shape> { Box::new(Square(self.0 * 2.0)) }
}
struct Node { up: RefCell<Weak<Node>>, down: RefCell<Vec<Rc<Node>>> }

fn main() {
    let shapes: Vec<Box<dyn Shape>> = (1..100).map(|n| Square(f64::from(n)).grown()).collect();
    let root = Rc::new(Node { up: RefCell::default(), down: RefCell::default() });
    let leaf = Rc::new(Node { up: RefCell::new(Rc::downgrade(&root)), down: RefCell::default() });
    root.down.borrow_mut().push(leaf.clone());
    let words: BTreeMap<String, Vec<u8>> = (0..1000).map(|n| (format!("{n}"), vec![1; n % 97])).collect();
    panic::set_hook(Box::new(|_| ()));
    let caught = panic::catch_unwind(|| { let _held = vec![1; 1000]; panic!("caught") }).is_err();
    println!("{} {} {} {} {}", shapes.iter().map(|shape| shape.area()).sum::<f64>(), leaf.up.borrow().upgrade().is_some(),
             leaf.down.borrow().len(), words.values().map(Vec::len).sum::<usize>(), caught);
    #[cfg(wrong)]
    undefined();
}
