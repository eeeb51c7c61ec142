"""What the checkers said, beside the truth: a word for each program and checker, and the totals."""

import dataclasses
from collections import Counter

# What the totals count, for each kind of program: outcome and its row.
OUTCOMES = {
    "leak": (("exact", "every lost block told, and nothing else"), ("partial", "some lost blocks told, or too many"),
             ("missed", "nothing told"), ("failed", "the program crashed or hung")),
    "possible": (("exact", "told as possible"), ("missed", "nothing told"), ("accused", "told as lost"),
                 ("failed", "the program crashed or hung")),
    "correct": (("exact", "nothing told"), ("doubted", "blocks called possibly lost"), ("accused", "blocks called lost"),
                ("failed", "the program crashed or hung")),
}
KINDS = {"leak": "programs that lose blocks", "possible": "programs that keep a pointer into a block only",
         "correct": "programs that lose nothing"}


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One of the outcomes, the word that the table shows, and how many blocks were told as lost that are not."""

    outcome: str
    word: str
    wrong: int = 0


def with_possible(word, said):
    return f"{word}, {said.possible:,} possible" if said.possible else word


def judge_leak(trial, said):
    """Blocks that are told beyond those that are lost are told wrongly."""
    found = min(said.blocks, trial.lost.blocks)
    wrong = said.blocks - found
    if trial.lost.agrees_with(said):
        return Verdict("exact", with_possible("found", said))
    if found == 0:
        return Verdict("missed", with_possible("missed", said))
    if wrong:
        return Verdict("partial", with_possible(f"found, {wrong:,} too many", said), wrong)
    word = f"{found:,} of {trial.lost.blocks:,}" if found < trial.lost.blocks else "other sizes"
    return Verdict("partial", with_possible(word, said))


def judge_possible(trial, said):
    """Whether such a block is lost is for the author of the program to say."""
    if said.blocks:
        return Verdict("accused", with_possible(f"lost: {said.blocks:,}", said), said.blocks)
    return Verdict("exact", "possible") if said.possible == trial.possible else Verdict("missed", "silent")


def judge_correct(said):
    if said.blocks:
        return Verdict("accused", with_possible(f"FALSE: {said.blocks:,}", said), said.blocks)
    return Verdict("doubted", f"{said.possible:,} possible") if said.possible else Verdict("exact", "silent")


def judge(trial, said):
    """The verdict on what a checker said about a trial."""
    if said.failure:
        return Verdict("failed", said.failure)
    if trial.kind == "leak":
        return judge_leak(trial, said)
    return judge_possible(trial, said) if trial.kind == "possible" else judge_correct(said)


def total_rows(trials, columns):
    """The table of totals; `columns` holds a list of verdicts for each checker, in the order of the trials."""
    counts = [Counter((t.kind, v.outcome) for t, v in zip(trials, verdicts, strict=True)) for verdicts in columns]
    rows = []
    for kind, outcomes in OUTCOMES.items():
        rows.append([f"**{sum(t.kind == kind for t in trials)} {KINDS[kind]}**", *("" for _ in columns)])
        rows += [[words, *(str(count[kind, outcome]) for count in counts)] for outcome, words in outcomes]
    wrong = [sum(verdict.wrong for verdict in verdicts) for verdicts in columns]
    return [*rows, ["**blocks told as lost that are not, or twice**", *(f"{number:,}" for number in wrong)]]
