# apt with lists and state of its own below work/: `private apt-get …`, and what to say when a revision is gone. Sourced after lib.sh.

APT=$WORK/apt

# The mirror is the machine's own, or HYPERSPACE_DEBIAN_MIRROR; only the suites are ours.
mirror=${HYPERSPACE_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(SITE)' | grep -m1 '/debian/*$' || true)}
[ -n "$mirror" ] || die "no Debian mirror in the system's apt sources; set HYPERSPACE_DEBIAN_MIRROR"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -f "$keyring" ] || die "the package debian-archive-keyring is needed to check what is fetched"

mkdir -p "$APT"/{etc/sources,etc/prefs,etc/conf,state/lists/partial,cache/archives/partial}
{
    echo "deb [signed-by=$keyring arch=amd64] $mirror bookworm main"
    echo "deb [signed-by=$keyring arch=amd64] $mirror trixie main"
    echo "deb-src [signed-by=$keyring] $mirror trixie main"
} >"$APT/etc/sources.list"
: >"$APT/state/status"

private() {
    local tool=$1
    shift
    "$tool" -q -o Dir::Etc="$APT/etc" -o Dir::Etc::SourceList="$APT/etc/sources.list" \
        -o Dir::Etc::SourceParts="$APT/etc/sources" -o Dir::Etc::PreferencesParts="$APT/etc/prefs" \
        -o Dir::State="$APT/state" -o Dir::State::Status="$APT/state/status" -o Dir::Cache="$APT/cache" \
        -o APT::Sandbox::User="" -o APT::Get::List-Cleanup=false "$@"
}

gone() { die "$1: this revision is no longer on the mirror; a newer one supersedes it. Take the files named in inputs.sha256 from an archive of the distribution into work/pool, or move the pins with fetch.sh --pin"; }
