package org.sjd4j.training.denoising;

import java.util.List;
import org.sjd4j.llama.ImageTokenNetwork;

/**
 * Captioned images to learn reading noise from.
 *
 * @param <N> the network that can read them
 */
interface ImageGroups<N extends ImageTokenNetwork> {
    /** The images of one step, some captions already dropped: a function of the seed and the step alone. */
    List<ImageGroup<N>> training(long step);

    /** Images that are never trained on, always the same. */
    List<ImageGroup<N>> validation();
}
