# Shared by cases: a certificate authority, and nginx in front of $backend with TLS and HTTP/2 on $tls_port. In $TMPDIR.
if ! command -v nginx >/dev/null || ! command -v openssl >/dev/null; then
	echo "SKIP: no nginx or openssl here"
	exit 77
fi
if ! nginx -V 2>&1 | grep -q http_v2_module; then
	echo "SKIP: this nginx has no HTTP/2"
	exit 77
fi

# free_port: one nobody listens on right now.
free_port() {
	port=$((20000 + ($$ * 7 + $1) % 30000))
	while ss -Hltun | grep -q ":$port "; do port=$((port + 1)); done
	echo "$port"
}

start_tls() {
	backend=$1
	tls_port=$(free_port 1)
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test-ca \
		-keyout "$TMPDIR/ca.key" -out "$TMPDIR/ca.pem" 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=provider.test \
		-keyout "$TMPDIR/tls.key" -out "$TMPDIR/tls.csr" 2>/dev/null
	printf 'subjectAltName=DNS:provider.test,DNS:localhost\n' >"$TMPDIR/ext"
	openssl x509 -req -in "$TMPDIR/tls.csr" -CA "$TMPDIR/ca.pem" -CAkey "$TMPDIR/ca.key" -CAcreateserial -days 2 \
		-extfile "$TMPDIR/ext" -out "$TMPDIR/tls.pem" 2>/dev/null
	cat >"$TMPDIR/nginx.conf" <<CONF
daemon off; pid $TMPDIR/nginx.pid; error_log $TMPDIR/nginx.err;
events { worker_connections 256; }
http {
	access_log off; client_body_temp_path $TMPDIR/body; proxy_temp_path $TMPDIR/proxy;
	fastcgi_temp_path $TMPDIR/f; uwsgi_temp_path $TMPDIR/u; scgi_temp_path $TMPDIR/s;
	server {
		listen 127.0.0.1:$tls_port ssl http2; ssl_certificate $TMPDIR/tls.pem; ssl_certificate_key $TMPDIR/tls.key;
		location / { proxy_pass $backend; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
	}
}
CONF
	nginx -e "$TMPDIR/nginx.err" -c "$TMPDIR/nginx.conf" 2>/dev/null &
	nginx=$!
	for _ in $(seq 100); do
		curl -s -o /dev/null --cacert "$TMPDIR/ca.pem" "https://localhost:$tls_port/health" && break
		sleep 0.1
	done
}
