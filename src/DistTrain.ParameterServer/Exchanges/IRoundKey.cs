namespace DistTrain.ParameterServer.Exchanges;

/// <summary>Where a round stands: its replica group or scope, and its step; what else tells rounds of a step apart is the implementer's.</summary>
internal interface IRoundKey
{
    int Group { get; }

    long Step { get; }
}
