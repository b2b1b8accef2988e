// The part of the program that returns errors.
#define REMOTEMEDIA_NO_EXCEPTIONS
#include <remotemedia.hpp>

using namespace remotemedia;

int double_without_exceptions(int number);

int double_without_exceptions(int number) {
    const Result<Runtime> runtime = Runtime::make();
    if (!runtime || runtime->open_pipeline("{")) {
        return -1;
    }
    const Result<Pipeline> pipeline = runtime->open_pipeline(
        R"({"version": "v1", "metadata": {"name": "double"}, "connections": [],
            "nodes": [{"id": "double", "node_type": "Multiply", "params": {"factor": 2}}]})");
    const Result<Session> session = pipeline->open_session();
    const Result<void> pushed = session->push(*Packet::of(number));
    const Result<Received> result = session->poll();
    return pushed && result ? static_cast<int>(*(*result)->as_int()) : -1;
}
