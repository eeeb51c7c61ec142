"""The tables of real bugs: totals, builds side by side, a row for each bug, and a row for each correct program."""

from collections import Counter

import bug_verdicts as verdicts

OUTCOMES = ((verdicts.EXACT, "told, and by Custody exactly"), (verdicts.INFERRED, "a warning about the block, inferred"),
            (verdicts.OTHER, "something else told"), (verdicts.MISSED, "nothing told"), (verdicts.FAILED, "the checker failed"))
CORRECT = ((verdicts.SILENT, "nothing told"), (verdicts.ACCUSED, "accused"), (verdicts.FAILED, "the checker failed"))


class Results:
    """Trials, and for each checker the list of its verdicts."""

    def __init__(self, trials, columns):
        self.trials, self.columns = trials, columns

    def where(self, wanted):
        """The results of those trials that are wanted."""
        kept = [number for number, trial in enumerate(self.trials) if wanted(trial)]
        return Results([self.trials[n] for n in kept], [[column[n] for n in kept] for column in self.columns])

    def bugs(self):
        return self.where(lambda trial: trial.case.is_bug)

    def correct(self):
        return self.where(lambda trial: not trial.case.is_bug)

    def by(self, key):
        """(key, results) in order of first appearance."""
        for value in dict.fromkeys(map(key, self.trials)):
            yield value, self.where(lambda trial, value=value: key(trial) == value)

    def counts(self):
        return [Counter(verdict.outcome for verdict in column) for column in self.columns]

    def built(self):
        return sum(verdict.outcome != verdicts.UNBUILT for verdict in self.columns[0])


def bug_of(trial):
    return trial.case.group, trial.case.words


def program_of(trial):
    return trial.case.name, trial.case.words


def found_everywhere(results):
    """For each checker, how many bugs it tells in all builds."""
    found = [0] * len(results.columns)
    for _, bug in results.by(bug_of):
        for number, count in enumerate(bug.counts()):
            found[number] += count[verdicts.EXACT] == bug.built() > 0
    return found


def total_rows(results):
    bugs, correct = results.bugs(), results.correct()
    number_of_bugs = len(dict.fromkeys(map(bug_of, bugs.trials)))
    rows = [[f"**{number_of_bugs} bugs, {bugs.built()} programs**", *("" for _ in results.columns)]]
    rows += [[words, *(str(count[outcome]) for count in bugs.counts())] for outcome, words in OUTCOMES]
    rows.append(["bugs told in every build", *map(str, found_everywhere(bugs))])
    rows.append([f"**{correct.built()} correct programs**", *("" for _ in results.columns)])
    return rows + [[words, *(str(count[outcome]) for count in correct.counts())] for outcome, words in CORRECT]


def told(count):
    """`30, 2 inferred`"""
    return f"{count[verdicts.EXACT]}" + (f", {count[verdicts.INFERRED]} inferred" if count[verdicts.INFERRED] else "")


def build_rows(results):
    """How many bugs each checker tells in a build, and how many correct programs it accuses."""
    for name, build in results.by(lambda trial: trial.build.name):
        bugs, correct = build.bugs(), build.correct()
        yield [name, str(bugs.built()), *map(told, bugs.counts()), str(correct.built()),
               *(str(count[verdicts.ACCUSED]) for count in correct.counts())]


def words_of(column, outcome):
    """What a checker said, the most frequent first."""
    found = Counter(verdict.words for verdict in column if verdict.outcome == outcome and verdict.words)
    return "; ".join(words for words, _ in found.most_common(2))


def exceptions(trials, column):
    """The builds in which a bug is not told exactly: `inferred: LTO`."""
    for outcome in (verdicts.INFERRED, verdicts.OTHER, verdicts.MISSED, verdicts.FAILED):
        builds = [t.build.name for t, v in zip(trials, column, strict=True) if v.outcome == outcome]
        if builds and len(builds) < len(trials):
            yield f"{outcome}: {'; '.join(builds)}"
        elif builds:
            yield outcome


def bug_cell(results, column, by_expectations):
    number = sum(verdict.outcome == verdicts.EXACT for verdict in column)
    if number == 0 and not any(verdict.outcome in (verdicts.INFERRED, verdicts.OTHER) for verdict in column):
        failed = words_of(column, verdicts.FAILED)
        return f"**{failed or 'missed'}**"
    words = f"{number} ({words_of(column, verdicts.EXACT)})" if number and not by_expectations else str(number)
    return "; ".join([words, *(f"**{part}**" for part in exceptions(results.trials, column))])


def bug_rows(results):
    """Rows of bugs: group, name, kind that Custody has for it, builds, and in how many each checker tells it."""
    for (group, words), bug in results.bugs().by(bug_of):
        run = bug.trials[0].case.run
        kinds = ", ".join(dict.fromkeys(e.kind for e in run.expects)) or "not seen without the API"
        cells = [bug_cell(bug, column, number == 0) for number, column in enumerate(bug.columns)]
        yield [group, words, kinds, str(bug.built()), *cells]


def correct_cell(column):
    accused = sum(verdict.outcome == verdicts.ACCUSED for verdict in column)
    failed = sum(verdict.outcome == verdicts.FAILED for verdict in column)
    parts = [f"**FALSE: {accused}** ({words_of(column, verdicts.ACCUSED)})"] if accused else []
    parts += [f"**failed: {failed}** ({words_of(column, verdicts.FAILED)})"] if failed else []
    return "; ".join(parts) or "silent"


def correct_rows(results):
    for (name, words), program in results.correct().by(program_of):
        yield [f"`{name}`", words, str(program.built()), *map(correct_cell, program.columns)]


def all_tables(results, headings):
    """(words in front, rows) of each table."""
    yield "Totals", [["", *headings], *total_rows(results)]
    yield ("Bugs told in each build, and correct programs accused",
           [["build", "bugs", *headings, "correct", *headings], *build_rows(results)])
    yield ("Each bug, with the number of builds in which it is told",
           [["group", "bug", "kind", "builds", *headings], *bug_rows(results)])
    yield ("Correct programs: twins of the bugs, and those that naive tools accuse",
           [["program", "what", "builds", *headings], *correct_rows(results)])
