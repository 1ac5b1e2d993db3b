#!/bin/sh
# Makes the certificates of the tests anew: an authority that tests trust, a server of it, and one that nobody vouches for.
# Their keys are no secret. Run by hand, with openssl, when they are to change.
set -eu
cd "$(dirname "$0")"
names="subjectAltName=DNS:*.claviger.test,DNS:claviger.test,DNS:localhost,IP:127.0.0.1,IP:::1"
make_authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj "/CN=$2" -keyout "$1.key" -out "$1.pem" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" 2>/dev/null
}
make_server() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=claviger.test" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  printf '%s\nextendedKeyUsage=serverAuth\n' "$names" > extensions
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 36500 -extfile extensions -out "$1.pem" 2>/dev/null
  rm -f "$1.csr" extensions "$2.srl"
}
make_authority authority "Claviger tests"
make_authority stranger "Nobody's authority"
make_server server authority
make_server impostor stranger
rm -f authority.key stranger.key stranger.pem
