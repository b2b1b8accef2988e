/* Values go in and come out, with their time and metadata, until the end. */
#include "check.h"

static void numbers_are_doubled(void) {
    rm_session_t *session = open_session(ONE_NODE("Multiply", "{\"factor\": 2}"));
    for (int64_t number = 1; number <= 100; number++) {
        rm_packet_t *packet = NULL;
        CHECK_OK(rm_packet_new_int(number, &packet, why));
        CHECK_OK(rm_packet_set_pts(packet, (uint64_t)number * 1000, why));
        CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, -1, why));
        rm_packet_release(packet);

        rm_packet_t *result = NULL;
        int64_t value = 0;
        uint64_t pts = 0;
        CHECK_OK(rm_session_poll(session, RM_STR("out"), 10 * SECOND, &result, why));
        CHECK(rm_packet_kind(result) == RM_PACKET_INT);
        CHECK_OK(rm_packet_int(result, &value, why));
        CHECK(value == 2 * number);
        CHECK(rm_packet_pts(result, &pts) && pts == (uint64_t)number * 1000);
        CHECK(is_text(rm_packet_port(result), "out"));
        rm_packet_release(result);
    }
    rm_packet_t *nothing = NULL;
    CHECK(rm_session_poll(session, RM_STR_NONE, 0, &nothing, NULL) == RM_STATUS_WOULD_BLOCK && nothing == NULL);
    CHECK(rm_session_poll(session, RM_STR_NONE, 1000, &nothing, NULL) == RM_STATUS_TIMEOUT);
    CHECK_OK(rm_session_close(session, RM_STR_NONE, why));
    CHECK(rm_session_poll(session, RM_STR_NONE, -1, &nothing, NULL) == RM_STATUS_END);
    CHECK(rm_session_poll(session, RM_STR_NONE, -1, &nothing, NULL) == RM_STATUS_END);
    rm_session_release(session);
}

static void every_value_comes_out_as_it_went_in(void) {
    rm_session_t *session = open_session(ONE_NODE("PassThrough", "{}"));
    rm_packet_t *packets[8] = {NULL};
    CHECK_OK(rm_packet_new_null(&packets[0], why));
    CHECK_OK(rm_packet_new_bool(true, &packets[1], why));
    CHECK_OK(rm_packet_new_int(INT64_MIN, &packets[2], why));
    CHECK_OK(rm_packet_new_float(0.1, &packets[3], why));
    CHECK_OK(rm_packet_new_text(RM_STR("gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x8e\xa4"), &packets[4], why));
    CHECK_OK(rm_packet_new_json(RM_STR("{\"b\": [1, 2.5, null], \"a\": \"x\"}"), &packets[5], why));
    rm_bytes_t bytes = {(const uint8_t *)"\0\1\2", 3};
    CHECK_OK(rm_packet_new_bytes(bytes, &packets[6], why));
    CHECK_OK(rm_packet_new_text(RM_STR_NONE, &packets[7], why));
    for (size_t index = 0; index < 8; index++) {
        CHECK_OK(rm_packet_set_attributes(packets[index], RM_STR("{\"speaker\": \"rms\"}"), why));
        CHECK_OK(rm_packet_set_stream(packets[index], 7, why));
        CHECK_OK(rm_session_push(session, RM_STR("in"), packets[index], 0, why));
        rm_packet_t *result = NULL, *attributes = NULL;
        CHECK_OK(rm_session_poll(session, RM_STR_NONE, -1, &result, why));
        CHECK(rm_packet_kind(result) == rm_packet_kind(packets[index]));
        CHECK_OK(rm_packet_attributes(result, &attributes, why));
        rm_str_t text = RM_STR_NONE;
        CHECK_OK(rm_packet_text(attributes, &text, why));
        CHECK(is_text(text, "{\"speaker\":\"rms\"}"));
        CHECK(rm_packet_stream(result) == 7);
        uint64_t seq = 0;
        CHECK(rm_packet_seq(result, &seq) && seq == index + 1);
        rm_packet_release(attributes);
        rm_packet_release(packets[index]);
        packets[index] = result;
    }
    bool truth = false;
    int64_t whole = 0;
    double number = 0;
    rm_str_t text = RM_STR_NONE;
    rm_bytes_t raw = {NULL, 0};
    rm_packet_t *json = NULL;
    CHECK_OK(rm_packet_bool(packets[1], &truth, why));
    CHECK(truth);
    CHECK_OK(rm_packet_int(packets[2], &whole, why));
    CHECK(whole == INT64_MIN);
    CHECK_OK(rm_packet_float(packets[3], &number, why));
    CHECK(number == 0.1);
    CHECK_OK(rm_packet_text(packets[4], &text, why));
    CHECK(is_text(text, "gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x8e\xa4"));
    CHECK_OK(rm_packet_json(packets[5], &json, why));
    CHECK_OK(rm_packet_text(json, &text, why));
    CHECK(is_text(text, "{\"b\":[1,2.5,null],\"a\":\"x\"}"));
    CHECK_OK(rm_packet_bytes(packets[6], &raw, why));
    CHECK(raw.len == 3 && memcmp(raw.data, "\0\1\2", 3) == 0);
    CHECK_OK(rm_packet_text(packets[7], &text, why));
    CHECK(text.len == 0);
    rm_packet_release(json);
    for (size_t index = 0; index < 8; index++) {
        rm_packet_release(packets[index]);
    }
    rm_session_release(session);
}

static void metrics_and_inspection_are_json(void) {
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    rm_packet_t *json = NULL;
    rm_str_t text = RM_STR_NONE;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    CHECK_OK(rm_pipeline_open(runtime, RM_STR(ONE_NODE("Multiply", "{\"factor\": 2}")), &pipeline, why));
    CHECK_OK(rm_pipeline_inspect(pipeline, RM_STR("json"), &json, why));
    CHECK_OK(rm_packet_text(json, &text, why));
    CHECK(has_text(text, "\"Multiply\""));
    rm_packet_release(json);
    CHECK_OK(rm_session_open(pipeline, NULL, &session, why));
    CHECK_OK(rm_session_drain(session, 10 * SECOND, why));
    CHECK_OK(rm_session_metrics(session, &json, why));
    CHECK_OK(rm_packet_text(json, &text, why));
    CHECK(has_text(text, "\"items_in\":0"));
    rm_packet_release(json);
    rm_session_release(session);
    rm_pipeline_release(pipeline);
    rm_runtime_release(runtime);
}

static void an_interrupt_discards_what_waits_and_the_session_goes_on(void) {
    rm_session_t *session = open_session(ONE_NODE("PassThrough", "{}"));
    for (int64_t number = 0; number < 10; number++) {
        rm_packet_t *packet = NULL;
        CHECK_OK(rm_packet_new_int(number, &packet, why));
        CHECK_OK(rm_packet_set_uninterruptible(packet, number == 5, why));
        CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, 0, why));
        rm_packet_release(packet);
    }
    CHECK_OK(rm_session_interrupt(session, why));
    CHECK_OK(rm_session_close(session, RM_STR_NONE, why));
    rm_packet_t *survivor = NULL, *nothing = NULL;
    int64_t value = 0;
    CHECK_OK(rm_session_poll(session, RM_STR_NONE, 10 * SECOND, &survivor, why));
    CHECK_OK(rm_packet_int(survivor, &value, why));
    CHECK(value == 5);
    CHECK(rm_session_poll(session, RM_STR_NONE, 10 * SECOND, &nothing, NULL) == RM_STATUS_END);
    rm_packet_release(survivor);
    rm_session_release(session);
}

int main(void) {
    CHECK(rm_abi_check(RM_ABI_MAJOR << 16 | RM_ABI_MINOR) == RM_STATUS_OK);
    CHECK(rm_abi_check((RM_ABI_MAJOR + 1) << 16) == RM_STATUS_ABI_MISMATCH);
    CHECK(rm_feature_enabled(RM_STR("math")) && !rm_feature_enabled(RM_STR("teleport")));
    numbers_are_doubled();
    every_value_comes_out_as_it_went_in();
    metrics_and_inspection_are_json();
    an_interrupt_discards_what_waits_and_the_session_goes_on();
    return 0;
}
