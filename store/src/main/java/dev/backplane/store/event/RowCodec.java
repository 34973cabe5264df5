package dev.backplane.store.event;

import dev.backplane.core.Slice;
import dev.backplane.core.SpanKey;
import dev.backplane.store.SpanRow;

/// A row's fields but its key, as bytes: what is held of fresh spans. They are never on a disk.
public final class RowCodec {
    private RowCodec() {}

    public static byte[] encode(SpanRow row) {
        return new ByteWriter(512)
                .putText(row.parentId())
                .putText(row.name())
                .putText(row.kind())
                .putLong(row.startNanos())
                .putLong(row.endNanos())
                .putLong(row.orderNanos())
                .putText(row.status())
                .putText(row.error())
                .putText(row.model())
                .putText(row.provider())
                .putZigZag(row.inputTokens())
                .putZigZag(row.outputTokens())
                .putZigZag(row.cachedTokens())
                .putZigZag(row.cacheWriteTokens())
                .putZigZag(row.reasoningTokens())
                .putLong(Double.doubleToRawLongBits(row.cost()))
                .putLong(Double.doubleToRawLongBits(row.timeToFirstTokenMs()))
                .putText(row.sessionId())
                .putText(row.userId())
                .putText(row.agent())
                .putText(row.tags())
                .putText(row.scores())
                .putText(row.inputPreview())
                .putText(row.outputPreview())
                .toBytes();
    }

    public static SpanRow decode(SpanKey key, Slice bytes) {
        ByteReader in = new ByteReader(bytes);
        return new SpanRow(
                key,
                in.getText(),
                shared(in),
                shared(in),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                shared(in),
                in.getText(),
                shared(in),
                shared(in),
                in.getZigZag(),
                in.getZigZag(),
                in.getZigZag(),
                in.getZigZag(),
                in.getZigZag(),
                Double.longBitsToDouble(in.getLong()),
                Double.longBitsToDouble(in.getLong()),
                shared(in),
                shared(in),
                shared(in),
                shared(in),
                in.getText(),
                in.getText(),
                in.getText());
    }

    private static String shared(ByteReader in) {
        return SharedText.of(in.getText());
    }
}
