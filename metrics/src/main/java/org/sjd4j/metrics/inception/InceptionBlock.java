package org.sjd4j.metrics.inception;

/**
 * Where InceptionV3's features are taken; names are the lengths of the features of the published network, as pytorch-fid
 * calls its blocks ({@code InceptionV3.BLOCK_INDEX_BY_DIM} in mseitzer/pytorch-fid). FID is that of {@link #B2048}.
 */
public enum InceptionBlock {
    /** After the first pooling. */
    B64(64, "maxpool1"),
    /** After the second pooling. */
    B192(192, "maxpool2"),
    /** Before the auxiliary classifier. */
    B768(768, "Mixed_6e"),
    /** Before the classifier. */
    B2048(2048, "Mixed_7c");

    private final int published;
    private final String lastModule;

    InceptionBlock(int published, String lastModule) {
        this.published = published;
        this.lastModule = lastModule;
    }

    /** How long the features of the published network are. */
    public int published() {
        return published;
    }

    /** The module after which the features are taken. */
    String lastModule() {
        return lastModule;
    }
}
