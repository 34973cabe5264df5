package dev.backplane.core;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

/// The process's counters, gauges and histograms, rendered as a Prometheus page
/// (https://prometheus.io/docs/instrumenting/exposition_formats/). One instance per process, passed
/// by constructor. Thread-safe.
///
/// Names are `backplane_<room>_<thing>_<unit>`; counters end in `_total`. Labels are given as
/// `key="value"` pairs already joined by commas, of a small closed set: never an id or user text.
public final class Meter {
    private sealed interface Series {
        void render(String name, String labels, StringBuilder page);
    }

    private record Family(String help, String type, Map<String, Series> series) {}

    private final Map<String, Family> families = new ConcurrentSkipListMap<>();

    public Counter counter(String name, String help) {
        return counter(name, help, "");
    }

    /// The counter of this name and these labels, made on first use.
    public Counter counter(String name, String help, String labels) {
        return (Counter)
                family(name, help, "counter").series().computeIfAbsent(labels, _ -> new Counter());
    }

    /// A value read when the page is rendered.
    public void gauge(String name, String help, DoubleSupplier value) {
        gauge(name, help, "", value);
    }

    /// One of several, told apart by their labels.
    public void gauge(String name, String help, String labels, DoubleSupplier value) {
        family(name, help, "gauge").series().put(labels, new Gauge(value));
    }

    public Histogram histogram(String name, String help) {
        return histogram(name, help, "");
    }

    /// A histogram of seconds, from 100 µs to 100 s in half decades.
    public Histogram histogram(String name, String help, String labels) {
        return (Histogram)
                family(name, help, "histogram")
                        .series()
                        .computeIfAbsent(
                                labels, _ -> new Histogram(Histogram.SECONDS, Histogram.NANOS));
    }

    /// A histogram of whole numbers, such as tokens, from 1 to a million in steps of 1, 2 and 5.
    public Histogram amounts(String name, String help, String labels) {
        return (Histogram)
                family(name, help, "histogram")
                        .series()
                        .computeIfAbsent(labels, _ -> new Histogram(Histogram.AMOUNTS, 1));
    }

    private Family family(String name, String help, String type) {
        return families.computeIfAbsent(
                name, _ -> new Family(help, type, new ConcurrentSkipListMap<>()));
    }

    /// The page in the text format, version 0.0.4.
    public String render() {
        StringBuilder page = new StringBuilder();
        families.forEach((name, family) -> {
            page.append("# HELP ").append(name).append(' ').append(family.help());
            page.append("\n# TYPE ").append(name).append(' ').append(family.type());
            page.append('\n');
            family.series().forEach((labels, series) -> series.render(name, labels, page));
        });
        return page.toString();
    }

    private static void line(StringBuilder page, String name, String labels, double value) {
        page.append(name);
        if (!labels.isEmpty()) {
            page.append('{').append(labels).append('}');
        }
        page.append(' ');
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            page.append((long) value);
        } else {
            page.append(value);
        }
        page.append('\n');
    }

    public static final class Counter implements Series {
        private final LongAdder value = new LongAdder();

        private Counter() {}

        public void increment() {
            value.increment();
        }

        public void add(long amount) {
            value.add(amount);
        }

        public long value() {
            return value.sum();
        }

        @Override
        public void render(String name, String labels, StringBuilder page) {
            line(page, name, labels, value.sum());
        }
    }

    private record Gauge(DoubleSupplier value) implements Series {
        @Override
        public void render(String name, String labels, StringBuilder page) {
            line(page, name, labels, value.getAsDouble());
        }
    }

    public static final class Histogram implements Series {
        private static final double NANOS = 1e9;

        private static final double[] SECONDS = {
            0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100
        };

        private static final double[] AMOUNTS = {
            1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6
        };

        private final double[] bounds;
        private final double parts;
        private final LongAdder[] buckets;
        private final LongAdder sum = new LongAdder();

        /// @param parts what is recorded to one of the bounds' unit
        private Histogram(double[] bounds, double parts) {
            this.bounds = bounds;
            this.parts = parts;
            buckets = new LongAdder[bounds.length + 1];
            for (int i = 0; i < buckets.length; i++) {
                buckets[i] = new LongAdder();
            }
        }

        /// Of a histogram of seconds.
        public void recordNanos(long nanos) {
            record(nanos);
        }

        /// Of a histogram of amounts.
        public void record(long amount) {
            double value = amount / parts;
            int bucket = 0;
            while (bucket < bounds.length && value > bounds[bucket]) {
                bucket++;
            }
            buckets[bucket].increment();
            sum.add(amount);
        }

        @Override
        public void render(String name, String labels, StringBuilder page) {
            String prefix = labels.isEmpty() ? "" : labels + ",";
            long count = 0;
            for (int i = 0; i < buckets.length; i++) {
                count += buckets[i].sum();
                String bound =
                        i < bounds.length ? String.format(Locale.ROOT, "%s", bounds[i]) : "+Inf";
                line(page, name + "_bucket", prefix + "le=\"" + bound + "\"", count);
            }
            line(page, name + "_sum", labels, sum.sum() / parts);
            line(page, name + "_count", labels, count);
        }
    }
}
