//! An empty library, because with a virtual root crate_universe would treat path dependencies as members.
