/** What is between the requests and the model: a queue, its order, and the thread that generates. */
@org.jspecify.annotations.NullMarked
package org.sjd4j.server.generate;
