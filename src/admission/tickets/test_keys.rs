//! Keys for tests.

pub(super) const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// An Ed25519 key pair, created with `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout`.
pub(super) const PRIVATE_PEM: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIGT7VYJkx13PKgn7vyXBwbLaTc/QDyDcVFxsLsMHwzCY
-----END PRIVATE KEY-----
";
pub(super) const PUBLIC_PEM: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAfoEiXJD9GKnjjaxcqRObN2/UIJiDuYuEvEmp0bvb26c=
-----END PUBLIC KEY-----
";
