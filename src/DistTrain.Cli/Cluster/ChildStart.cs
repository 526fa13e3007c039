namespace DistTrain.Cli.Cluster;

/// <summary>All that is needed to start a child of the local cluster, and to start it again.</summary>
/// <param name="Name">server-0, silo-1, ….</param>
/// <param name="Arguments">The program's arguments.</param>
/// <param name="LogFile">Takes what the child prints; opened for appending.</param>
/// <param name="Determinism">What it is started for, one of <see cref="Recipes.Determinisms"/>.</param>
/// <param name="Told">The line that it reads from its standard input while it starts; null: none. Not told if this fails.</param>
internal sealed record ChildStart(string Name, IReadOnlyList<string> Arguments, string LogFile, string Determinism, Task<string>? Told = null);
