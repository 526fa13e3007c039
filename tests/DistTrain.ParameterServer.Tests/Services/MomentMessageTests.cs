using DistTrain.ParameterServer.Tests.Fixtures;

namespace DistTrain.ParameterServer.Tests.Services;

/// <summary>In messages.</summary>
public sealed class MomentMessageTests(RealServer server) : MomentExchangeTests(server, inMemory: false);
