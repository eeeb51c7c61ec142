//! The ledger against a model of its rules: arbitrary sequences of handing over, lending, returning and releasing. Each
//! call must answer as the model does, and the log must have as many findings of each kind as the model has counted.

mod common;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::c_void;

use common::audited;
use custody::audit::Kind;
use custody::{sys, transfer, CBox, Contract, Lang, Side, IS_DISABLED};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

const SIDES: usize = 3;
const BLOCKS: usize = 3;

/// A step. Loans are named by how many were made before; a number that is none yet means the last one.
#[derive(Debug, Clone)]
enum Step {
    Transfer { block: usize, from: usize, to: usize },
    Lend { block: usize, from: usize, to: usize, is_exclusive: bool },
    Return { loan: usize },
    Release { block: usize, by: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let (block, side) = (0..BLOCKS, 0..SIDES);
    prop_oneof![
        1 => (block.clone(), side.clone(), side.clone()).prop_map(|(block, from, to)| Step::Transfer { block, from, to }),
        3 => (block.clone(), side.clone(), side.clone(), any::<bool>())
            .prop_map(|(block, from, to, is_exclusive)| Step::Lend { block, from, to, is_exclusive }),
        2 => (0..12usize).prop_map(|loan| Step::Return { loan }),
        1 => (block, side).prop_map(|(block, by)| Step::Release { block, by }),
    ]
}

/// Where a loan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Out,
    Returned,
    /// It ended with what it was lent on from, which was told then.
    TakenBack,
    /// Its block was released.
    Gone,
}

#[derive(Debug, Clone)]
struct Loan {
    block: usize,
    /// The loan that it was lent on from; `None`: it was the owner who lent.
    lender: Option<usize>,
    holder: usize,
    is_exclusive: bool,
    state: State,
}

/// The rules, as ledger.h has them.
#[derive(Debug)]
struct Model {
    owners: [usize; BLOCKS],
    /// Whether anything was said of a block since it was released: of others the ledger knows nothing.
    is_known: [bool; BLOCKS],
    loans: Vec<Loan>,
    findings: BTreeMap<Kind, u64>,
}

impl Model {
    fn new(owners: [usize; BLOCKS]) -> Self {
        Model { owners, is_known: [false; BLOCKS], loans: Vec::new(), findings: BTreeMap::new() }
    }

    fn tell(&mut self, kind: Kind) {
        *self.findings.entry(kind).or_default() += 1;
    }

    fn is_lent(&self, block: usize) -> bool {
        self.loans.iter().any(|loan| loan.block == block && loan.state == State::Out)
    }

    /// Who gives a block away, in whatever way, must own it, and have it back.
    fn may_give(&mut self, block: usize, by: usize) -> bool {
        if self.is_lent(block) {
            self.tell(Kind::ReleasedWhileLent);
        } else if self.owners[block] != by {
            self.tell(Kind::NotOwner);
        } else {
            return true;
        }
        false
    }

    fn transfer(&mut self, block: usize, from: usize, to: usize) -> bool {
        self.is_known[block] = true;
        let may = self.may_give(block, from);
        if may {
            self.owners[block] = to;
        }
        may
    }

    fn release(&mut self, block: usize, by: usize) -> bool {
        let may = !std::mem::take(&mut self.is_known[block]) || self.may_give(block, by);
        for loan in self.loans.iter_mut().filter(|loan| loan.block == block && loan.state == State::Out) {
            loan.state = State::Gone;
        }
        may
    }

    /// Whether what was lent from `lender` leaves room for one more loan.
    fn has_room(&self, block: usize, lender: Option<usize>, is_exclusive: bool) -> bool {
        let is_part = |loan: &&Loan| loan.block == block && loan.state == State::Out && loan.lender == lender;
        !self.loans.iter().filter(is_part).any(|loan| is_exclusive || loan.is_exclusive)
    }

    /// Whoever lends is the owner, or has a loan, which must allow it. The latest that does is taken.
    fn lend(&mut self, block: usize, from: usize, to: usize, is_exclusive: bool) -> Option<usize> {
        self.is_known[block] = true;
        let owner = (self.owners[block] == from).then_some(None);
        let is_held = |loan: &Loan| loan.block == block && loan.state == State::Out && loan.holder == from;
        let held = (0..self.loans.len()).rev().filter(|&id| is_held(&self.loans[id])).map(Some);
        let roles: Vec<_> = owner.into_iter().chain(held).collect();
        if roles.is_empty() {
            self.tell(Kind::NotOwner);
            return None;
        }
        let allows = |lender: &Option<usize>| {
            let is_kind_allowed = lender.map_or(true, |id| self.loans[id].is_exclusive || !is_exclusive);
            is_kind_allowed && self.has_room(block, *lender, is_exclusive)
        };
        let Some(lender) = roles.into_iter().find(allows) else {
            self.tell(Kind::LendConflict);
            return None;
        };
        self.loans.push(Loan { block, lender, holder: to, is_exclusive, state: State::Out });
        Some(self.loans.len() - 1)
    }

    /// Whether `id` was lent on from `from`, over however many hands.
    fn is_part_of(&self, id: usize, from: usize) -> bool {
        self.loans[id].lender.is_some_and(|lender| lender == from || self.is_part_of(lender, from))
    }

    fn give_back(&mut self, id: usize) -> bool {
        let mut is_good = self.loans[id].state == State::Out;
        if matches!(self.loans[id].state, State::Returned | State::Gone) {
            self.tell(Kind::LendOutlived);
        }
        for part in 0..self.loans.len() {
            if self.loans[part].state == State::Out && self.is_part_of(part, id) {
                self.loans[part].state = State::TakenBack;
                self.tell(Kind::LendOutlived);
                is_good = false;
            }
        }
        self.loans[id].state = State::Returned;
        is_good
    }
}

/// The real ledger, over blocks of Custody's.
struct Ledger {
    sides: [Side; SIDES],
    blocks: [CBox<[u8; 50]>; BLOCKS],
    loans: Vec<sys::custody_loan>,
}

impl Ledger {
    fn new(sides: [Side; SIDES]) -> Self {
        let blocks = std::array::from_fn(|n| CBox::new(sides[n], [0; 50]).unwrap());
        Ledger { sides, blocks, loans: Vec::new() }
    }

    fn block(&self, block: usize) -> *mut c_void {
        CBox::as_ptr(&self.blocks[block]).cast_mut().cast()
    }

    fn transfer(&self, block: usize, from: usize, to: usize) -> bool {
        transfer::hand_over(self.block(block), self.sides[from], self.sides[to], Contract::Custody).is_ok()
    }

    fn release(&self, block: usize, by: usize) -> bool {
        transfer::releasing(self.sides[by], self.block(block)).is_ok()
    }

    fn lend(&mut self, block: usize, from: usize, to: usize, is_exclusive: bool) -> Option<usize> {
        let (from, to) = (self.sides[from].to_raw(), self.sides[to].to_raw());
        let mut loan = 0;
        // SAFETY: the address is looked up, not read; the result has a place.
        let is_lent = unsafe { sys::custody_lend(self.block(block), from, to, is_exclusive.into(), &mut loan) } != 0;
        assert_eq!(is_lent, loan != 0, "a loan is given when, and only when, there is one");
        is_lent.then(|| {
            self.loans.push(loan);
            self.loans.len() - 1
        })
    }

    fn give_back(&self, id: usize) -> bool {
        // SAFETY: any number may be returned.
        unsafe { sys::custody_return(self.loans[id]) != 0 }
    }
}

/// Runs the steps on both; the model's findings.
fn run(steps: &[Step], sides: [Side; SIDES]) -> Result<BTreeMap<Kind, u64>, TestCaseError> {
    let mut model = Model::new(std::array::from_fn(|n| n));
    let mut ledger = Ledger::new(sides);
    for step in steps {
        match *step {
            Step::Transfer { block, from, to } => {
                prop_assert_eq!(ledger.transfer(block, from, to), model.transfer(block, from, to), "{:?}", step);
            }
            Step::Release { block, by } => {
                prop_assert_eq!(ledger.release(block, by), model.release(block, by), "{:?}", step);
            }
            Step::Lend { block, from, to, is_exclusive } => {
                let wanted = model.lend(block, from, to, is_exclusive);
                prop_assert_eq!(ledger.lend(block, from, to, is_exclusive), wanted, "{:?}", step);
            }
            Step::Return { loan } if !model.loans.is_empty() => {
                let loan = loan.min(model.loans.len() - 1);
                prop_assert_eq!(ledger.give_back(loan), model.give_back(loan), "{:?}", step);
            }
            Step::Return { .. } => {}
        }
    }
    // Everything comes back, parts first, and its owner releases it: nothing is left that is told of at the end.
    for loan in (0..model.loans.len()).rev().filter(|&loan| model.loans[loan].state == State::Out) {
        prop_assert!(ledger.give_back(loan));
    }
    for block in 0..BLOCKS {
        let owner = sides[model.owners[block]];
        prop_assert!(ledger.release(block, model.owners[block]));
        let freed = CBox::into_raw(std::mem::replace(&mut ledger.blocks[block], CBox::new(owner, [0; 50]).unwrap()));
        // SAFETY: it was given away in the line above; by the ledger it is the owner's now.
        drop(unsafe { CBox::from_raw(owner, freed) });
    }
    Ok(model.findings)
}

#[test]
fn the_ledger_does_as_its_model() {
    let part = || {
        if IS_DISABLED {
            return;
        }
        let sides = ["model-a", "model-b", "model-c"].map(|name| Side::register(name, Lang::C).unwrap());
        let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let findings = RefCell::new(BTreeMap::<Kind, u64>::new());
        let steps = proptest::collection::vec(step(), 0..40);
        TestRunner::new_with_rng(config, rng)
            .run(&steps, |steps| {
                for (kind, count) in run(&steps, sides)? {
                    *findings.borrow_mut().entry(kind).or_default() += count;
                }
                Ok(())
            })
            .unwrap();
        println!();
        for (kind, count) in findings.take() {
            println!("model: {kind} {count}");
        }
    };
    audited("the_ledger_does_as_its_model", part, |outcome| {
        let told = |line: &str| {
            let (kind, count) = line.strip_prefix("model: ")?.split_once(' ')?;
            Some((Kind::from(kind.to_owned()), count.parse().unwrap()))
        };
        let wanted: BTreeMap<Kind, u64> = outcome.output.lines().filter_map(told).collect();
        assert!(wanted.len() == 4 && wanted.values().all(|&count| count > 100), "too little was tried: {wanted:?}");
        assert_eq!(outcome.counts, wanted, "{}", outcome.how);
    });
}
