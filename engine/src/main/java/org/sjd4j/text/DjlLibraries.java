package org.sjd4j.text;

import org.sjd4j.io.UserFolders;

/** What the tokenizer libraries must know before they are loaded. */
final class DjlLibraries {
    private DjlLibraries() {}

    private static final String CACHE = "DJL_CACHE_DIR";

    /** The native code in the jars is used; nothing is looked for on the network and nobody is told. */
    static void configure() {
        if (System.getenv(CACHE) == null && System.getProperty(CACHE) == null) {
            System.setProperty(CACHE, UserFolders.current().inHome(".djl.ai").toString());
        }
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("RUST_FLAVOR", "cpu");
    }
}
