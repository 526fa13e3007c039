namespace DistTrain.Observability;

/// <summary>
/// Ports for those who look after a process and have no certificate: a kubelet, Prometheus. They say whether it is well and how much it does, and take no
/// other call; null: there is none.
/// </summary>
/// <param name="Http">HTTP/1.1: <c>/livez</c>, <c>/readyz</c>, <c>/metrics</c>.</param>
/// <param name="Health">gRPC without TLS: grpc.health.v1.</param>
public sealed record ProbePorts(int? Http = null, int? Health = null);
