namespace DistTrain.Worker.Jobs.Driving;

/// <summary>A rank that is to live elsewhere.</summary>
/// <param name="Rank">The rank that moves.</param>
/// <param name="From">Its silo.</param>
/// <param name="To">The silo that takes it.</param>
internal readonly record struct RankMove(int Rank, string From, string To);
