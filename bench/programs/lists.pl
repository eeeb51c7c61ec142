# Lists and maps within lists of a map, and strings that are sorted.
use strict;
use warnings;

my %lists;
for my $i (1 .. 150_000) {
    push @{$lists{$i % 9973}}, "v$i", [$i, {k => $i}];
}
my $elements = 0;
$elements += @$_ for values %lists;
my @sorted = sort map { "k$_" } 1 .. 150_000;
print "$elements $sorted[0] $sorted[-1]\n";
