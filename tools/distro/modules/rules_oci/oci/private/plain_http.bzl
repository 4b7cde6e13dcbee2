"""Asks a registry on this machine what a tag stands for.

Bazel downloads nothing over plain HTTP whose checksum it isn't given, and a tag's is what is looked for.
"""

# HTTP/1.0: the answer ends with the connection.
_REQUEST = "HEAD {path} HTTP/1.0\r\nHost: {host}\r\nAccept: {accept}\r\n{authorization}\r\n"
_SCRIPT = 'exec 3<>"/dev/tcp/$1/$2" && printf %s "$3" >&3 && cat <&3'
_SECONDS = 60

def plain_digest(rctx, host, path, accept, auth):
    """Gives the digest that a registry answers with.

    Args:
        rctx: The repository's context.
        host: String, the registry.
        path: String, of the manifest.
        accept: String, the media types that are taken.
        auth: Dict, from `authorize`.

    Returns:
        The digest and what the registry answered; the digest is None if it gave none.
    """
    name, _, port = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "80")
    authorization = "Authorization: %s\r\n" % _header(rctx, auth) if auth else ""
    request = _REQUEST.format(accept = accept, authorization = authorization, host = host, path = path)
    result = rctx.execute(["bash", "-c", _SCRIPT, "bash", name.strip("[]"), port, request], timeout = _SECONDS)
    lines = result.stdout.replace("\r", "").split("\n")
    if result.return_code or " 200 " not in lines[0] + " ":
        return None, lines[0] or result.stderr.strip() or "no answer within %d s" % _SECONDS
    for line in lines[1:]:
        key, _, value = line.partition(":")
        if key.lower() == "docker-content-digest":
            return value.strip(), lines[0]
    return None, "no header Docker-Content-Digest"

def _header(rctx, auth):
    if auth["type"] == "pattern":
        return auth["pattern"].replace("<password>", auth["password"])
    encoded = rctx.execute(["bash", "-c", 'printf "%s:%s" "$1" "$2" | base64 --wrap=0', "bash", auth["login"], auth["password"]])
    if encoded.return_code:
        fail("a password can't be encoded: %s; install base64, of coreutils" % encoded.stderr.strip())
    return "Basic " + encoded.stdout
