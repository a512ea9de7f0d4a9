#include "sockets.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FIELDS_MAX = 64, SLOTS_MAX = 256 };

// The answer of one transfer. Each name and value is copied, as a client does.
struct slot {
    CURL *easy;
    long status;
    int field_count;
    char *names[FIELDS_MAX], *values[FIELDS_MAX];
    char *body;
    size_t body_size;
    int64_t started;
};

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void forget(struct slot *slot) {
    for (int index = 0; index < slot->field_count; index++) {
        free(slot->names[index]);
        free(slot->values[index]);
    }
    free(slot->body);
    slot->field_count = 0;
    slot->body = NULL;
    slot->body_size = 0;
}

static size_t header(char *bytes, size_t size, size_t count, void *context) {
    struct slot *slot = context;
    size_t length = size * count;
    char *colon = memchr(bytes, ':', length);
    if (!colon || slot->field_count == FIELDS_MAX) return length;
    char *start = colon + 1, *end = bytes + length;
    while (start < end && (*start == ' ' || *start == '\t')) start++;
    while (end > start && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' ')) end--;
    slot->names[slot->field_count] = strndup(bytes, (size_t)(colon - bytes));
    slot->values[slot->field_count] = strndup(start, (size_t)(end - start));
    slot->field_count++;
    return length;
}

static size_t body(char *bytes, size_t size, size_t count, void *context) {
    struct slot *slot = context;
    size_t length = size * count;
    char *larger = realloc(slot->body, slot->body_size + length);
    if (!larger) return 0;
    memcpy(larger + slot->body_size, bytes, length);
    slot->body = larger;
    slot->body_size += length;
    return length;
}

static void prepare(struct slot *slot, uint16_t port, struct curl_slist *fields) {
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/v1/things/7", (unsigned)port);
    slot->easy = curl_easy_init();
    curl_easy_setopt(slot->easy, CURLOPT_URL, url);
    curl_easy_setopt(slot->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(slot->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(slot->easy, CURLOPT_TIMEOUT_MS, 5000L);
    curl_easy_setopt(slot->easy, CURLOPT_HEADERFUNCTION, header);
    curl_easy_setopt(slot->easy, CURLOPT_HEADERDATA, slot);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEFUNCTION, body);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEDATA, slot);
    curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot);
}

// Returns the number of transfers that ended, or -1 if one failed.
static int collect(CURLM *multi, uint32_t *started, uint32_t requests, int64_t *each, uint32_t ended) {
    int count = 0, left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left))) {
        struct slot *slot;
        CURLcode result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
        curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &slot->status);
        if (result != CURLE_OK || slot->status != 200 || !slot->body_size) return -1;
        if (each) each[ended + (uint32_t)count] = now() - slot->started;
        count++;
        forget(slot);
        curl_multi_remove_handle(multi, slot->easy);
        if (*started < requests) {
            (*started)++;
            slot->started = now();
            curl_multi_add_handle(multi, slot->easy);
        }
    }
    return count;
}

int64_t plain_curl(uint16_t port, uint32_t requests, uint32_t in_flight, int64_t *each) {
    static struct slot slots[SLOTS_MAX];
    if (in_flight > SLOTS_MAX) return -1;
    curl_global_init(CURL_GLOBAL_ALL);
    struct curl_slist *fields = curl_slist_append(NULL, "Accept: application/json");
    fields = curl_slist_append(fields, "Accept-Encoding: gzip, deflate");
    fields = curl_slist_append(fields, "X-Request-Id: 0123456789abcdef0123456789abcdef");
    CURLM *multi = curl_multi_init();
    for (uint32_t index = 0; index < in_flight; index++) prepare(&slots[index], port, fields);
    int64_t begin = now();
    uint32_t started = 0, ended = 0;
    for (; started < in_flight && started < requests; started++) {
        slots[started].started = now();
        curl_multi_add_handle(multi, slots[started].easy);
    }
    int running, failed = 0;
    while (ended < requests && !failed) {
        curl_multi_perform(multi, &running);
        int count = collect(multi, &started, requests, each, ended);
        if (count < 0) failed = 1;
        else ended += (uint32_t)count;
        if (count == 0) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    int64_t took = now() - begin;
    for (uint32_t index = 0; index < in_flight; index++) {
        curl_multi_remove_handle(multi, slots[index].easy);
        forget(&slots[index]);
        curl_easy_cleanup(slots[index].easy);
    }
    curl_multi_cleanup(multi);
    curl_slist_free_all(fields);
    return failed ? -1 : took;
}
