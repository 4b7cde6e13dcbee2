"""Resolves a tag over plain HTTP.

Bazel downloads over plain HTTP only with a checksum, which resolving a tag has yet to find.
"""

# HTTP/1.0: the server closes the connection after the response.
_REQUEST = "HEAD {path} HTTP/1.0\r\nHost: {host}\r\nAccept: {accept}\r\n{authorization}\r\n"
_SCRIPT = 'exec 3<>"/dev/tcp/$1/$2" && printf %s "$3" >&3 && cat <&3'
_TIMEOUT_SECONDS = 60

def plain_digest(rctx, host, path, accept, auth):
    """Returns the digest of a manifest from a HEAD request.

    Args:
        rctx: The repository context.
        host: String, the registry.
        path: String, path of the manifest.
        accept: String, the accepted media types.
        auth: Dict, from `authorize`.

    Returns:
        The digest, or None, and the status line or an error.
    """
    name, _, port = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "80")
    authorization = "Authorization: %s\r\n" % _header(rctx, auth) if auth else ""
    request = _REQUEST.format(accept = accept, authorization = authorization, host = host, path = path)
    result = rctx.execute(["bash", "-c", _SCRIPT, "bash", name.strip("[]"), port, request], timeout = _TIMEOUT_SECONDS)
    lines = result.stdout.replace("\r", "").split("\n")
    if result.return_code or " 200 " not in lines[0] + " ":
        return None, lines[0] or result.stderr.strip() or "no response within %d s" % _TIMEOUT_SECONDS
    for line in lines[1:]:
        key, _, value = line.partition(":")
        if key.lower() == "docker-content-digest":
            return value.strip(), lines[0]
    return None, "missing header Docker-Content-Digest"

def _header(rctx, auth):
    if auth["type"] == "pattern":
        return auth["pattern"].replace("<password>", auth["password"])
    encoded = rctx.execute(["bash", "-c", 'printf "%s:%s" "$1" "$2" | base64 --wrap=0', "bash", auth["login"], auth["password"]])
    if encoded.return_code:
        fail("cannot encode the password: %s; install base64, of coreutils" % encoded.stderr.strip())
    return "Basic " + encoded.stdout
