package dev.backplane.bench.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/// The least that anything between a client and a model server does: takes bytes on one side and
/// gives them to the other, and looks at none. What it costs beside a gateway is the part of the
/// gateway's cost that no gateway can do without. One thread, a connection to the server for each
/// of a client's; on the loopback.
final class ByteProxy implements AutoCloseable {
    private static final int BACKLOG = 4_096;

    private final URI upstream;
    private final Selector selector;
    private final ServerSocketChannel server;
    private final Thread thread;
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(64 << 10);
    private volatile boolean closed;

    /// One direction of a connection, with what the other side has not taken yet.
    private record Way(SocketChannel to, SelectionKey key, ByteBuffer rest) {}

    private ByteProxy(URI upstream) throws IOException {
        this.upstream = upstream;
        this.selector = Selector.open();
        this.server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
        this.thread = Thread.ofPlatform().name("byte-proxy").daemon().unstarted(this::serve);
    }

    static ByteProxy start(URI upstream) throws IOException {
        ByteProxy proxy = new ByteProxy(upstream);
        proxy.thread.start();
        return proxy;
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.socket().getLocalPort());
    }

    /// Processor time of its thread so far.
    double cpuSeconds() {
        return ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId()) / 1e9;
    }

    private void serve() {
        try (selector;
                server) {
            while (!closed) {
                selector.select(this::ready);
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("bare proxy broke", e);
        }
    }

    private void ready(SelectionKey key) {
        if (!(key.attachment() instanceof Way way)) {
            accept();
            return;
        }
        try {
            pass(key, way);
        } catch (IOException gone) {
            end(key, way);
        }
    }

    private void accept() {
        try {
            for (SocketChannel client = server.accept(); client != null; client = server.accept()) {
                SocketChannel model = SocketChannel.open();
                model.connect(new InetSocketAddress(upstream.getHost(), upstream.getPort()));
                SelectionKey there = registered(client);
                SelectionKey back = registered(model);
                there.attach(new Way(model, back, ByteBuffer.allocate(bytes.capacity())));
                back.attach(new Way(client, there, ByteBuffer.allocate(bytes.capacity())));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("bare proxy cannot connect", e);
        }
    }

    private SelectionKey registered(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        return channel.register(selector, SelectionKey.OP_READ);
    }

    /// Reads no more while the other side has not taken what came before.
    private void pass(SelectionKey from, Way way) throws IOException {
        if (from.isWritable()) {
            Way other = (Way) way.key().attachment();
            other.to().write(other.rest().flip());
            boolean empty = !other.rest().hasRemaining();
            other.rest().compact();
            if (empty) {
                from.interestOpsAnd(~SelectionKey.OP_WRITE);
                way.key().interestOpsOr(SelectionKey.OP_READ);
            }
        }
        if (from.isReadable()) {
            if (((SocketChannel) from.channel()).read(bytes.clear()) < 0) {
                throw new IOException("connection was closed");
            }
            way.to().write(bytes.flip());
            if (bytes.hasRemaining()) {
                way.rest().put(bytes);
                from.interestOpsAnd(~SelectionKey.OP_READ);
                way.key().interestOpsOr(SelectionKey.OP_WRITE);
            }
        }
    }

    private static void end(SelectionKey key, Way way) {
        try {
            key.channel().close();
            way.to().close();
        } catch (IOException e) {
            throw new UncheckedIOException("connection cannot be closed", e);
        }
    }

    /// Open connections are cut off.
    @Override
    public void close() {
        closed = true;
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
