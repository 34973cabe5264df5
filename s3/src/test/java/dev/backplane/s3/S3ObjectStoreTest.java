package dev.backplane.s3;

import dev.backplane.core.ObjectStore;
import dev.backplane.testkit.ObjectStoreContract;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/// The bucket keeps the contract, in a service that every test has a part of to itself.
class S3ObjectStoreTest extends ObjectStoreContract {
    private static S3Server server;

    @BeforeAll
    static void start() throws Exception {
        server = S3Server.start();
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
    }

    @Override
    protected ObjectStore open() throws IOException {
        return S3ObjectStore.open(server.config());
    }

    @Override
    protected int rounds() {
        return 5;
    }
}
