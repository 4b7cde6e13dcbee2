//! Empty: with a virtual root crate_universe would take path dependencies for members.
