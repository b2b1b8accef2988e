/* Measures what one more GStreamer `identity` element costs per buffer.
 *
 * A source pad of our own pushes one and the same buffer through a chain of
 * `identity` elements into `fakesink`, all on the calling thread: no queue, no
 * allocation per buffer, no clock. A long and a short chain alternate within
 * one process; the cost of one element is the difference of the two medians
 * divided by the difference in length. This is the cheapest way GStreamer
 * offers to pass a buffer on, so the figure favours it.
 *
 * usage: gst_identity CASE BUFFER_BYTES [PUSHES]
 * Prints one JSON line. */
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHORT_CHAIN = 1, LONG_CHAIN = 21, ROUNDS = 101 };

typedef struct {
  GstElement *pipeline;
  GstPad *source;
} Chain;

static void fail(const char *what)
{
  fprintf(stderr, "gst_identity: %s\n", what);
  exit(1);
}

static GstElement *add_element(GstElement *pipeline, const char *factory)
{
  GstElement *element = gst_element_factory_make(factory, NULL);
  if (element == NULL)
    fail("element factory is missing (install gstreamer1.0-plugins-base)");
  gst_bin_add(GST_BIN(pipeline), element);
  return element;
}

static void start_stream(GstPad *source)
{
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_push_event(source, gst_event_new_stream_start("bench"));
  gst_pad_push_event(source, gst_event_new_caps(gst_caps_new_empty_simple("application/x-bench")));
  gst_pad_push_event(source, gst_event_new_segment(&segment));
}

static Chain build_chain(int length)
{
  Chain chain = { gst_pipeline_new(NULL), gst_pad_new("src", GST_PAD_SRC) };
  GstElement *sink = add_element(chain.pipeline, "fakesink");
  g_object_set(sink, "sync", FALSE, "async", FALSE, NULL);
  GstElement *first = NULL, *last = NULL;
  for (int i = 0; i < length; i++) {
    GstElement *identity = add_element(chain.pipeline, "identity");
    if (last != NULL && !gst_element_link(last, identity))
      fail("cannot link two identity elements");
    first = first ? first : identity;
    last = identity;
  }
  if (!gst_element_link(last, sink))
    fail("cannot link the sink");
  GstPad *entry = gst_element_get_static_pad(first, "sink");
  if (gst_pad_link(chain.source, entry) != GST_PAD_LINK_OK)
    fail("cannot link the source pad");
  gst_object_unref(entry);
  gst_pad_set_active(chain.source, TRUE);
  if (gst_element_set_state(chain.pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
    fail("pipeline does not start");
  start_stream(chain.source);
  return chain;
}

static double push_ns(Chain *chain, GstBuffer *buffer, int pushes)
{
  gint64 begin = g_get_monotonic_time();
  for (int i = 0; i < pushes; i++)
    if (gst_pad_push(chain->source, gst_buffer_ref(buffer)) != GST_FLOW_OK)
      fail("a push was refused");
  return 1000.0 * (double)(g_get_monotonic_time() - begin) / pushes;
}

static int ascending(const void *left, const void *right)
{
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static double median(double *values, int count)
{
  qsort(values, count, sizeof *values, ascending);
  return values[count / 2];
}

static void close_chain(Chain *chain)
{
  gst_element_set_state(chain->pipeline, GST_STATE_NULL);
  gst_pad_set_active(chain->source, FALSE);
  gst_object_unref(chain->source);
  gst_object_unref(chain->pipeline);
}

int main(int argc, char **argv)
{
  if (argc < 3)
    fail("usage: gst_identity CASE BUFFER_BYTES [PUSHES]");
  gst_init(NULL, NULL);
  gsize size = (gsize)strtoull(argv[2], NULL, 10);
  int pushes = argc > 3 ? atoi(argv[3]) : 2000;
  GstBuffer *buffer = gst_buffer_new_allocate(NULL, size, NULL);
  gst_buffer_memset(buffer, 0, 1, size);
  Chain brief = build_chain(SHORT_CHAIN), lengthy = build_chain(LONG_CHAIN);
  double brief_ns[ROUNDS], lengthy_ns[ROUNDS];
  push_ns(&brief, buffer, pushes);
  push_ns(&lengthy, buffer, pushes);
  for (int round = 0; round < ROUNDS; round++) {
    brief_ns[round] = push_ns(&brief, buffer, pushes);
    lengthy_ns[round] = push_ns(&lengthy, buffer, pushes);
  }
  double hop = (median(lengthy_ns, ROUNDS) - median(brief_ns, ROUNDS)) / (LONG_CHAIN - SHORT_CHAIN);
  printf("{\"case\":\"%s\",\"who\":\"gstreamer\",\"value\":%.3f,\"unit\":\"ns\",\"n\":%d}\n",
         argv[1], hop, pushes * ROUNDS);
  close_chain(&brief);
  close_chain(&lengthy);
  gst_buffer_unref(buffer);
  return 0;
}
