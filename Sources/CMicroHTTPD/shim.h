#ifndef CMICROHTTPD_SHIM_H
#define CMICROHTTPD_SHIM_H

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

// What Swift cannot call itself: variadic functions, unions, macros and casts of function pointers.

typedef void *(*cmicrohttpd_request_begins)(void *context, const char *target, struct MHD_Connection *connection);

struct cmicrohttpd_callbacks {
    MHD_AccessHandlerCallback handle;
    cmicrohttpd_request_begins request_begins;
    MHD_RequestCompletedCallback request_ends;
    MHD_NotifyConnectionCallback connection_changes;
};

struct cmicrohttpd_settings {
    unsigned int connections_max;
    size_t memory_per_connection;
    // PEM, ending in zero; null: no TLS.
    const char *certificate;
    const char *key;
    // PEM of those who sign client certificates; null: clients are not asked for one.
    const char *client_authority;
};

// A daemon without thread, listening socket or time limits: its owner accepts, and calls MHD_run.
static inline struct MHD_Daemon *
cmicrohttpd_start(const struct cmicrohttpd_callbacks *callbacks, const struct cmicrohttpd_settings *settings, void *context) {
    unsigned int flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME
        | MHD_USE_SUPPRESS_DATE_NO_CLOCK;
    struct MHD_OptionItem tls[4];
    int count = 0;
    if (settings->certificate != NULL) {
        flags |= MHD_USE_TLS;
        tls[count++] = (struct MHD_OptionItem) { MHD_OPTION_HTTPS_MEM_CERT, 0, (void *) settings->certificate };
        tls[count++] = (struct MHD_OptionItem) { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *) settings->key };
        if (settings->client_authority != NULL)
            tls[count++] = (struct MHD_OptionItem) { MHD_OPTION_HTTPS_MEM_TRUST, 0, (void *) settings->client_authority };
    }
    tls[count] = (struct MHD_OptionItem) { MHD_OPTION_END, 0, NULL };
    return MHD_start_daemon(
        flags, 0, NULL, NULL, callbacks->handle, context,
        MHD_OPTION_CONNECTION_LIMIT, settings->connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, 0u,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->memory_per_connection,
        MHD_OPTION_URI_LOG_CALLBACK, callbacks->request_begins, context,
        MHD_OPTION_NOTIFY_COMPLETED, callbacks->request_ends, context,
        MHD_OPTION_NOTIFY_CONNECTION, callbacks->connection_changes, context,
        MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static inline int cmicrohttpd_epoll_descriptor(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info == NULL ? -1 : info->epoll_fd;
}

// Whether there is work that no descriptor tells of.
static inline int cmicrohttpd_has_work(struct MHD_Daemon *daemon) {
    MHD_UNSIGNED_LONG_LONG wait;
    return MHD_get_timeout(daemon, &wait) == MHD_YES && wait == 0;
}

static inline int cmicrohttpd_descriptor(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

static inline void *cmicrohttpd_connection_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

// The TLS session, or null on a plain connection.
static inline void *cmicrohttpd_session(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info == NULL ? NULL : info->tls_session;
}

// Writes past the daemon what it would never say: how many bytes went out, 0 where none do at
// present, -1 where none ever will.
static inline ssize_t cmicrohttpd_write(int descriptor, void *session, const void *bytes, size_t count) {
    if (session != NULL) {
        ssize_t sent = gnutls_record_send((gnutls_session_t) session, bytes, count);
        if (sent >= 0) return sent;
        return sent == GNUTLS_E_AGAIN || sent == GNUTLS_E_INTERRUPTED ? 0 : -1;
    }
    ssize_t sent = send(descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return sent;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
}

// Resets a connection: the daemon shuts down before it closes, so that SO_LINGER alone gives FIN.
static inline int cmicrohttpd_reset(int descriptor) {
    struct sockaddr address;
    memset(&address, 0, sizeof address);
    address.sa_family = AF_UNSPEC;
    return connect(descriptor, &address, sizeof address);
}

// 0: the client showed no certificate; 1: one that is trusted; 2: one that is not, with the reason.
static inline int cmicrohttpd_verify_peer(void *session, char *reason, size_t size) {
    gnutls_session_t tls = (gnutls_session_t) session;
    unsigned int count = 0, status = 0;
    reason[0] = 0;
    if (gnutls_certificate_get_peers(tls, &count) == NULL || count == 0) return 0;
    int code = gnutls_certificate_verify_peers2(tls, &status);
    if (code == GNUTLS_E_SUCCESS && status == 0) return 1;
    gnutls_datum_t text = { NULL, 0 };
    if (code != GNUTLS_E_SUCCESS) {
        strncpy(reason, gnutls_strerror(code), size - 1);
        reason[size - 1] = 0;
    } else if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) == GNUTLS_E_SUCCESS) {
        size_t length = text.size < size - 1 ? text.size : size - 1;
        memcpy(reason, text.data, length);
        reason[length] = 0;
        gnutls_free(text.data);
    }
    return 2;
}

// Null where a certificate and its key can be used, else why not.
static inline const char *cmicrohttpd_identity_problem(const char *certificate, const char *key) {
    gnutls_certificate_credentials_t credentials;
    int code = gnutls_certificate_allocate_credentials(&credentials);
    if (code != GNUTLS_E_SUCCESS) return gnutls_strerror(code);
    gnutls_datum_t chain = { (unsigned char *) certificate, (unsigned int) strlen(certificate) };
    gnutls_datum_t secret = { (unsigned char *) key, (unsigned int) strlen(key) };
    code = gnutls_certificate_set_x509_key_mem(credentials, &chain, &secret, GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(credentials);
    return code < 0 ? gnutls_strerror(code) : NULL;
}

// Null where the certificates can be read, else why not.
static inline const char *cmicrohttpd_authority_problem(const char *authority) {
    gnutls_certificate_credentials_t credentials;
    int code = gnutls_certificate_allocate_credentials(&credentials);
    if (code != GNUTLS_E_SUCCESS) return gnutls_strerror(code);
    gnutls_datum_t text = { (unsigned char *) authority, (unsigned int) strlen(authority) };
    code = gnutls_certificate_set_x509_trust_mem(credentials, &text, GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(credentials);
    if (code == 0) return "there is no certificate in it";
    return code < 0 ? gnutls_strerror(code) : NULL;
}

#endif
