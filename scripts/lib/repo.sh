make_repo() { die "no repo yet"; }
