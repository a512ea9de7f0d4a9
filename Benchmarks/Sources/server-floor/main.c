// A plain libmicrohttpd server, the baseline for every server that uses the library. It prints its port,
// answers every request with a small JSON text, and ends when its standard input is closed.
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char body[] = "{\"id\":7,\"name\":\"Ann\",\"email\":\"ann@example.com\"}";

static enum MHD_Result answer(
    void *context, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_size, void **request) {
    (void) context; (void) url; (void) method; (void) version; (void) upload;
    static int seen;
    if (*request == NULL) {
        *request = &seen;
        return MHD_YES;
    }
    if (*upload_size != 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(sizeof body - 1, (void *) body, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

int main(void) {
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_SUPPRESS_DATE_NO_CLOCK, 0, NULL, NULL, answer, NULL,
        MHD_OPTION_CONNECTION_LIMIT, 2000u, MHD_OPTION_END);
    if (daemon == NULL) return 3;
    printf("%u\n", (unsigned) MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    char byte;
    while (read(0, &byte, 1) > 0) {}
    MHD_stop_daemon(daemon);
    return 0;
}
