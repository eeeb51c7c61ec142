"""git: scripts of its own suite that are marked to run under LeakSanitizer without a word of it, with git built as for
that. What is said to be lost in git there is to be examined."""

import re

import debian
from common import SMALL_TOOLS
from stage import Program, Run

RIGHT = [*SMALL_TOOLS]

# Not too long, not in need of a server, of keys or of other version control.
SCRIPTS = """
t0004-unwritable t0005-signals t0006-date t0007-git-var t0009-prio-queue t0010-racy-git t0011-hashmap t0016-oidmap
t0018-advice t0022-crlf-rename t0024-crlf-archive t0025-crlf-renormalize t0029-core-unsetenvvars t0032-reftable-unittest
t0035-safe-bare-repository t0055-beyond-symlinks t0062-revision-walking t0064-oid-array t0065-strcmp-offset
t0067-parse_pathspec_file t0069-oidtree t0071-sort t0092-diagnose t0101-at-syntax t1003-read-tree-prefix
t1008-read-tree-overlay t1009-read-tree-new-index t1012-read-tree-df t1100-commit-tree-options t1309-early-config
t1310-config-default t1406-submodule-ref-store t1407-worktree-ref-store t1412-reflog-loop t1418-reflog-exists
t1420-lost-found t1504-ceiling-dirs t1505-rev-parse-last t1515-rev-parse-outside-repo t1600-index t2002-checkout-cache-u
t2005-checkout-index-symlinks t2007-checkout-symlink t2011-checkout-invalid-head t2014-checkout-switch
t2019-checkout-ambiguous-ref t2050-git-dir-relative t2100-update-cache-badpath t2102-update-index-symlinks
t2104-update-index-skip-worktree t2105-update-index-gitfile t2106-update-index-assume-unchanged
t2108-update-index-refresh-racy t2202-add-addremove t2204-add-ignored t2300-cd-to-toplevel t3002-ls-files-dashpath
t3003-ls-files-exclude t3004-ls-files-basic t3005-ls-files-relative t3006-ls-files-long t3012-ls-files-dedup
t3020-ls-files-error-unmatch t3102-ls-tree-wildcards t3103-ls-tree-misc t3104-ls-tree-format t3205-branch-color
t3307-notes-man t3601-rm-pathspec-file t3703-add-magic-pathspec t3908-stash-in-worktree t3920-crlf-messages
t4000-diff-format t4004-diff-rename-symlink t4005-diff-rename-2 t4006-diff-mode t4007-rename-3 t4009-diff-rename-4
t4016-diff-quote t4024-diff-optimize-common t4025-hunk-header t4028-format-patch-mime-headers
t4032-diff-inter-hunk-context t4033-diff-patience t4036-format-patch-signer-mime t4037-diff-r-t-dirs
t4039-diff-assume-unchanged t4044-diff-index-unique-abbrev t4046-diff-unmerged t4049-diff-stat-count
t4050-diff-histogram t4062-diff-pickaxe t4066-diff-emit-delay t4100-apply-stat t4101-apply-nonl t4102-apply-rename
t4105-apply-fuzz t4106-apply-stdin t4109-apply-multifrag t4110-apply-scan t4112-apply-renames t4118-apply-empty-context
t4121-apply-diffs t4130-apply-criss-cross-rename t4132-apply-removal t4133-apply-filenames t4134-apply-submodule
t4136-apply-check t4206-log-follow-harder-copies t5002-archive-attr-pattern t5200-update-server-info
t5307-pack-missing-commit t5308-pack-detect-duplicates t5309-pack-delta-cycles t5314-pack-cycle-detection
t5315-pack-objects-compression t5511-refspec t5513-fetch-track t5518-fetch-exit-status t5524-pull-msg
t5602-clone-remote-exec t5603-clone-dirname t5615-alternate-env t5704-protocol-violations t5750-bundle-uri-parse
t6008-rev-list-submodule t6100-rev-list-in-order t6110-rev-list-sparse t6114-keep-packs t6134-pathspec-in-submodule
t6136-pathspec-in-bare t6413-merge-crlf t6425-merge-rename-delete t7062-wtstatus-ignorecase t7101-reset-empty-subdirs
t7104-reset-hard t7511-status-index t7515-status-symlinks t7518-ident-corner-cases t7609-mergetool--lib
t7702-repack-cyclic-alternate t7816-grep-binary-pattern t9302-fast-import-unpack-limit t9303-fast-import-compression
""".split()

# As SANITIZE=leak builds it: what is left to the end of the process on purpose is marked by UNLEAK, and kept then.
BUILD = ["make", "-j2", "CFLAGS=-g1 -O0 -w -DSUPPRESS_ANNOTATED_LEAKS", "NO_GETTEXT=1", "NO_TCLTK=1", "NO_PYTHON=1",
         "all"]
# glibc's checks of malloc would be preloaded in place of Custody.
ENVIRONMENT = {"TEST_NO_MALLOC_CHECK": "1"}


def count(text):
    return {"test scripts": 1, "tests": len(re.findall(r"^ok \d+", text, re.MULTILINE))}


def run_of(name, tree):
    def act(stage):
        return stage.run([f"./{name}.sh"], cwd=tree / "t", env={**ENVIRONMENT, "TEST_OUTPUT_DIRECTORY": stage.place})
    return Run(name, act=act, count=count)


def prepare(workshop):
    debian.need("make", "gcc", "perl")
    tree = debian.unpacked("git", workshop)
    debian.built(tree, workshop, BUILD)
    return Program(debian.source_version(tree), [run_of(name, tree) for name in SCRIPTS], "of its own suite")
