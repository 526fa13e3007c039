using DistTrain.Optimization.Parameters;

namespace DistTrain.ParameterServer.Replicas;

/// <summary>What a job starts from: fills a part of version 0 from the layout and the job's seed.</summary>
/// <param name="layout">The whole vector.</param>
/// <param name="seed">The job's seed.</param>
/// <param name="offset">First element of the part.</param>
/// <param name="vector">The part.</param>
internal delegate void FirstVersion(ParameterLayout layout, long seed, int offset, Span<float> vector);
