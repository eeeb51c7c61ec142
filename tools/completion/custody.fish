# Completion of custody for fish.

function __custody_uses
    contains -- $argv[1] (commandline -opc)[2]
end

complete -c custody -f
complete -c custody -n __fish_use_subcommand -a run -d 'Run a program and check every release in it'
complete -c custody -n __fish_use_subcommand -a report -d 'Show what logs hold'
complete -c custody -n __fish_use_subcommand -a check -d 'Fail when logs hold findings that a baseline has not'
complete -c custody -n __fish_use_subcommand -a policy -d 'Say what rules of a policy mean'
complete -c custody -n __fish_use_subcommand -a prepare -d 'Work out what debug information says'
complete -c custody -n __fish_use_subcommand -a explain -d 'Say what a kind of finding means'
complete -c custody -n __fish_use_subcommand -a help -d 'Print help'
complete -c custody -n __fish_use_subcommand -l version -d 'Print the version'
complete -c custody -l help -d 'Print help'

complete -c custody -n '__custody_uses run' -l log -r -F -d 'Keep the audit log'
complete -c custody -n '__custody_uses run' -l fail-on -x -a 'error warning note never' -d 'What makes the run fail'
complete -c custody -n '__custody_uses run' -l exit-code -x -d 'Exit status of a run that fails'
complete -c custody -n '__custody_uses run' -l strict -d 'A release across sides is an error'
complete -c custody -n '__custody_uses run' -l policy -r -F -d 'Rules for crossings'
complete -c custody -n '__custody_uses run' -l stacks -x -d 'Frames kept'
complete -c custody -n '__custody_uses run' -l leaks -x -a 'off summary full' -d 'Blocks live at exit'
complete -c custody -n '__custody_uses run' -l suppressions -r -F -d 'Findings to pass over'
complete -c custody -n '__custody_uses run' -l no-prepare -d 'Make no facts about code'
complete -c custody -n '__custody_uses run' -l quiet -d 'Print nothing unless the run fails'
complete -c custody -n '__custody_uses run' -a '(__fish_complete_subcommand --fcs-skip=2)'

complete -c custody -n '__custody_uses report' -l format -x -a 'text json folded' -d 'Form of the report'
complete -c custody -n '__custody_uses report' -l severity -x -a 'error warning note' -d 'Least severity shown'
complete -c custody -n '__custody_uses report' -l side -x -d 'Only findings of this side'
complete -c custody -n '__custody_uses report' -l block -x -d 'All that is known of this address'
complete -c custody -n '__custody_uses report' -l handle -x -a 'object: callback: loan: lease:' -d 'All that is known of this number'
complete -c custody -n '__custody_uses report' -l leaks-by -x -a 'side module crate site' -d 'Leaks as a table by who pays'
complete -c custody -n '__custody_uses report' -l folded-by -x -a 'bytes blocks' -d 'Weight of collapsed stacks'
complete -c custody -n '__custody_uses report' -l all-frames -d 'Frames of standard libraries too'
complete -c custody -n '__custody_uses report' -l suppressions -r -F -d 'Findings to pass over'
complete -c custody -n '__custody_uses report' -F

complete -c custody -n '__custody_uses check' -l fail-on -x -a 'error warning note never' -d 'Least severity that counts'
complete -c custody -n '__custody_uses check' -l baseline -r -F -d 'Log whose findings are known'
complete -c custody -n '__custody_uses check' -l write-baseline -r -F -d 'Write the findings as a baseline'
complete -c custody -n '__custody_uses check' -l budget -x -d 'Leaks allowed'
complete -c custody -n '__custody_uses check' -l suppressions -r -F -d 'Findings to pass over'
complete -c custody -n '__custody_uses check' -F

complete -c custody -n '__custody_uses policy' -l quiet -d 'Print only what is wrong'
complete -c custody -n '__custody_uses policy' -F

complete -c custody -n '__custody_uses prepare' -l cache -x -a '(__fish_complete_directories)' -d 'Keep facts there'
complete -c custody -n '__custody_uses prepare' -l timeout -x -d 'Seconds a file may take'
complete -c custody -n '__custody_uses prepare' -l force -d 'Work out anew'
complete -c custody -n '__custody_uses prepare' -l show -d 'Print what is known'
complete -c custody -n '__custody_uses prepare' -l clean -d 'Empty the cache first'
complete -c custody -n '__custody_uses prepare' -l quiet -d 'Print nothing unless something fails'
complete -c custody -n '__custody_uses prepare' -F

complete -c custody -n '__custody_uses explain' -a 'cross-allocator-free mismatched-release cross-side-free layout-mismatch double-free invalid-free interior-free foreign-free wrong-type stale-handle wrong-thread not-owner released-while-lent lend-conflict lend-outlived buffer-overrun buffer-overclaim buffer-retained handle-leak transfer-leak leak'
complete -c custody -n '__custody_uses help' -a 'commands settings findings log suppressions run report check policy prepare explain'
