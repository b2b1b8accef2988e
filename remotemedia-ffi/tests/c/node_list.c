/* A runtime tells the node types that manifests may name: those of the build, and what the host has added. */
#include "check.h"

static rm_status_t process(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state;
    return rm_node_emit(node, RM_STR_NONE, packet, 0, NULL);
}

static int tells(const rm_runtime_t *runtime, const char *part) {
    rm_packet_t *nodes = NULL;
    rm_str_t text = RM_STR_NONE;
    CHECK_OK(rm_runtime_nodes(runtime, &nodes, why));
    CHECK_OK(rm_packet_text(nodes, &text, why));
    int found = has_text(text, part);
    rm_packet_release(nodes);
    return found;
}

static void standard_nodes_tell_their_ports_and_parameters(const rm_runtime_t *runtime) {
    CHECK(tells(runtime, "\"node_type\":\"Multiply\""));
    CHECK(tells(runtime, "\"aliases\":[\"MultiplyNode\"]"));
    CHECK(tells(runtime, "{\"name\":\"in\",\"kind\":\"audio\",\"optional\":false}"));
    CHECK(tells(runtime, "\"default\":"));
}

static void nodes_of_the_host_are_told_from_then_on(const rm_runtime_t *runtime) {
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    type.name = RM_STR("Own");
    type.lane = RM_LANE_BLOCKING;
    type.process = process;
    CHECK(!tells(runtime, "\"Own\""));
    CHECK_OK(rm_runtime_set_node(runtime, &type, why));
    CHECK(tells(runtime, "{\"node_type\":\"Own\",\"aliases\":[],\"summary\":\"\",\"backend\":\"host\","
                         "\"lane\":\"blocking\","));
}

/* How what is told of the pipeline "twice" begins. */
#define TWICE                                                                                       \
    "{\"node_type\":\"twice\",\"aliases\":[],\"summary\":\"\",\"backend\":\"pipeline\",\"lane\":null," \
    "\"source\":false,\"inputs\":"

static void pipelines_are_told_with_their_ports_once_they_pass_the_checks(const rm_runtime_t *runtime) {
    CHECK_OK(rm_runtime_set_pipeline(runtime, RM_STR("twice"), RM_STR(ONE_NODE("half", "{}")), why));
    CHECK(tells(runtime, TWICE "null,\"extra_inputs\":null,\"outputs\":null,"));
    CHECK_OK(rm_runtime_set_pipeline(runtime, RM_STR("half"), RM_STR(ONE_NODE("Multiply", "{\"factor\": 0.5}")), why));
    CHECK(tells(runtime, TWICE "[{\"name\":\"in\",\"kind\":\"any\",\"optional\":false}],"));
}

static void mistakes_are_errors(const rm_runtime_t *runtime) {
    rm_packet_t *nodes = NULL;
    CHECK(rm_runtime_nodes(NULL, &nodes, NULL) == RM_STATUS_INVALID_ARGUMENT && nodes == NULL);
    CHECK(rm_runtime_nodes(runtime, NULL, NULL) == RM_STATUS_INVALID_ARGUMENT);
}

int main(void) {
    rm_runtime_t *runtime = NULL;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    standard_nodes_tell_their_ports_and_parameters(runtime);
    nodes_of_the_host_are_told_from_then_on(runtime);
    pipelines_are_told_with_their_ports_once_they_pass_the_checks(runtime);
    mistakes_are_errors(runtime);
    rm_runtime_release(runtime);
    return 0;
}
