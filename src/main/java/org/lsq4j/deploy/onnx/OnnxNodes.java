package org.lsq4j.deploy.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;

/** Puts the nodes and initializers of an ONNX graph together; a node's only result has its name. */
final class OnnxNodes {

  private final GraphProto.Builder graph = GraphProto.newBuilder();
  private final Set<String> names = new HashSet<>();

  OnnxNodes(String... taken) {
    names.addAll(List.of(taken));
  }

  GraphProto.Builder graph() {
    return graph;
  }

  /** A name that nothing else has: the wanted one if possible. */
  String unique(String wanted) {
    String name = wanted;
    for (int i = 2; !names.add(name); i++) {
      name = wanted + "_" + i;
    }
    return name;
  }

  /**
   * Adds a node.
   *
   * @param name wanted for it and its result
   * @return its result
   */
  String add(String name, String operator, List<String> inputs, AttributeProto... attributes) {
    return add("", name, operator, inputs, attributes);
  }

  /** Adds a node of another domain than ONNX's own. */
  String add(
      String domain,
      String name,
      String operator,
      List<String> inputs,
      AttributeProto... attributes) {
    String result = unique(name);
    graph.addNode(
        NodeProto.newBuilder()
            .setName(result)
            .setOpType(operator)
            .setDomain(domain)
            .addAllInput(inputs)
            .addOutput(result)
            .addAllAttribute(Arrays.asList(attributes)));
    return result;
  }

  /** Adds float numbers; without sizes a scalar. */
  String floats(String name, float[] values, long... sizes) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return tensor(name, TensorProto.DataType.FLOAT, ByteString.copyFrom(bytes), sizes);
  }

  /** Adds one float number. */
  String scalar(String name, float value) {
    return floats(name, new float[] {value});
  }

  /** Adds codes; without sizes a scalar. */
  String codes(String name, CodeType type, int[] codes, long... sizes) {
    return tensor(name, type.onnx(), type.store(codes), sizes);
  }

  /** Adds a vector of 64-bit integers. */
  String longs(String name, long... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    return tensor(name, TensorProto.DataType.INT64, ByteString.copyFrom(bytes), values.length);
  }

  private String tensor(String name, TensorProto.DataType type, ByteString values, long... sizes) {
    String unique = unique(name);
    graph.addInitializer(
        TensorProto.newBuilder()
            .setName(unique)
            .setDataType(type.getNumber())
            .addAllDims(LongStream.of(sizes).boxed().toList())
            .setRawData(values));
    return unique;
  }

  static AttributeProto attribute(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  static AttributeProto attribute(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  static AttributeProto attribute(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  static AttributeProto attribute(String name, long[] values) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INTS)
        .addAllInts(LongStream.of(values).boxed().toList())
        .build();
  }
}
