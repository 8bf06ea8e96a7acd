package org.sjd4j.prompt;

/** What the tokenizer libraries must know before they are loaded. */
final class DjlLibraries {
    private DjlLibraries() {}

    /** The native code in the jars is used; nothing is looked for on the network and nobody is told. */
    static void configure() {
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("RUST_FLAVOR", "cpu");
    }
}
