package org.sjd4j.generate;

import org.sjd4j.decode.sampling.Distribution;

/** What a pass for several images gave. */
public interface PassLogits {
    /**
     * The distributions of one image's rows, as {@link org.sjd4j.decode.ImageModel#step} gives them. To be asked before the
     * next pass.
     *
     * @param index of the image among those of the pass
     * @throws org.sjd4j.decode.sampling.DecodingException if its logits are broken
     */
    Distribution[] distributions(int index);
}
